import { render } from 'preact'
render(<p>Sambung Desa</p>, document.getElementById('app')!)
