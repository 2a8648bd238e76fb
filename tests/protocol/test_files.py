"""Files, section 5 of the page: any tus client can do it, over a real line that breaks, to a server that is killed."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha1, sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from tests.protocol.world import ROOT, WORKER, Phone, Served

FILES = "/api/v1/files"
CLIENT = ROOT / "node_modules" / "tus-js-client"


def photo(size: int, seed: int = 1) -> bytes:
    return b"\xff\xd8\xff" + Random(seed).randbytes(size - 3)


def name_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def names(phone: Phone, content: bytes) -> list[str]:
    """Sync a worker with that photo; what is wanted then."""
    value = {"sha256": name_of(content), "size": len(content), "type": "image/jpeg"}
    return phone.sync(phone.change(fields=WORKER | {"photo_ktp": value}))["wanted"]


def seen(phone: Phone, content: bytes) -> bytes | None:
    answer = phone.served.call("GET", f"{FILES}/{name_of(content)}", token=phone.token)
    return answer.body if answer.status == 200 else None


def uploader(phone: Phone, content: bytes, folder: Path, url: str | None = None, **more: Any) -> Any:
    file = folder / "photo.jpg"
    file.write_bytes(content)
    client = TusClient((url or phone.served.url) + FILES, headers={"Authorization": f"Bearer {phone.token}"})
    said = {"sha256": name_of(content), "type": "image/jpeg"}
    return client.uploader(str(file), metadata=said, chunk_size=50_000, upload_checksum=True, **more)


def test_a_tus_client_sends_a_photo_and_goes_on_where_it_was(siti: Phone, tmp_path: Path) -> None:
    content = photo(300_000)
    assert names(siti, content) == [f"sha256:{name_of(content)}"]
    begun = uploader(siti, content, tmp_path)
    for _ in range(3):
        begun.upload_chunk()
    assert begun.offset == 150_000
    again = uploader(siti, content, tmp_path, retries=0)
    again.set_url(begun.url)
    again.offset = again.get_offset()
    assert again.offset == 150_000
    again.upload()
    assert seen(siti, content) == content and siti.sync()["wanted"] == []


def test_a_tus_client_is_told_what_is_not_taken(siti: Phone, tmp_path: Path) -> None:
    content = b"<svg/>" * 1000
    begun = uploader(siti, content, tmp_path)
    with pytest.raises(TusCommunicationError) as refused:
        begun.upload()
    assert refused.value.status_code == 422


def test_the_offset_is_exact_after_the_server_was_killed(serve: Callable[..., Served]) -> None:
    """Whatever it had acknowledged is there, and what is told is what goes on; four kills in the middle of a photo."""
    served = serve()
    siti, content, offset = served.phone(served.village()), photo(400_000), 0
    names(siti, content)
    headers = {"Tus_Resumable": "1.0.0"}
    said = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in
                    {"sha256": name_of(content), "type": "image/jpeg"}.items())  # fmt: skip
    made = served.call("POST", FILES, token=siti.token, Upload_Length=str(len(content)), Upload_Metadata=said, **headers)
    place = made.headers["Location"]
    for kill in range(4):
        part = content[offset : offset + 30_000]
        sent = served.call(
            "PATCH", place, data=part, token=siti.token, Content_Type="application/offset+octet-stream",
            Upload_Offset=str(offset), Upload_Checksum=f"sha1 {base64.b64encode(sha1(part).digest()).decode()}", **headers,
        )  # fmt: skip
        assert sent.status == 204
        acknowledged = int(sent.headers["Upload-Offset"])
        half_sent(served, place, siti.token, acknowledged, content[acknowledged : acknowledged + 20_000])
        served.kill()
        served.start()
        head = served.call("HEAD", place, token=siti.token, **headers)
        offset = int(head.headers["Upload-Offset"])
        assert acknowledged <= offset <= acknowledged + 20_000, kill
    rest = served.call(
        "PATCH", place, data=content[offset:], token=siti.token, Content_Type="application/offset+octet-stream",
        Upload_Offset=str(offset), **headers,
    )  # fmt: skip
    assert rest.status == 204 and seen(siti, content) == content


def half_sent(served: Served, place: str, token: str, offset: int, part: bytes) -> None:
    """A request that is on its way when the power goes: all of it was sent, and nobody waited for the answer."""
    head = (
        f"PATCH {place} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nTus-Resumable: 1.0.0\r\n"
        f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: {offset}\r\nContent-Length: {len(part)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", served.port)) as line:
        line.sendall(head.encode() + part)


class BadLine:
    """A proxy on a free port that lets so many bytes of each connection through, and then cuts it without a word."""

    def __init__(self, port: int, seed: int) -> None:
        self._target, self._random = port, Random(seed)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.cuts, self.most_cuts = 0, 40
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._target))
        room = self._random.randint(300, 90_000) if self.cuts < self.most_cuts else 10**9
        threading.Thread(target=self._back, args=(far, near), daemon=True).start()
        try:
            while chunk := near.recv(4096):
                far.sendall(chunk[:room])
                room -= len(chunk)
                if room <= 0:
                    self.cuts += 1
                    break
        except OSError:
            pass
        for end in (near, far):
            end.close()

    @staticmethod
    def _back(far: socket.socket, near: socket.socket) -> None:
        try:
            while chunk := far.recv(4096):
                near.sendall(chunk)
        except OSError:
            pass

    def close(self) -> None:
        self._listening.close()


@contextmanager
def bad_line(served: Served, seed: int) -> Iterator[BadLine]:
    line = BadLine(served.port, seed)
    yield line
    line.close()


SCRIPT = """
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
const { Upload } = createRequire(process.cwd() + '/')('tus-js-client')
const { endpoint, token, file, metadata, chunk } = JSON.parse(process.argv[1])
const done = (words) => { console.log(JSON.stringify(words)); process.exit(0) }
const upload = new Upload(readFileSync(file), {
  endpoint, metadata, chunkSize: chunk, headers: { Authorization: `Bearer ${token}` },
  retryDelays: Array(200).fill(10),
  onError: (error) => done({ error: String(error), status: error.originalResponse?.getStatus() }),
  onSuccess: () => done({ url: upload.url }),
})
upload.start()
"""


@pytest.mark.skipif(not shutil.which("node") or not CLIENT.is_dir(), reason="tus-js-client is not installed")
@pytest.mark.parametrize("seed", [1, 2])
def test_the_usual_client_of_browsers_brings_a_photo_over_a_line_that_breaks(
    siti: Phone, tmp_path: Path, seed: int
) -> None:
    content = photo(600_000, seed)
    names(siti, content)
    (tmp_path / "photo.jpg").write_bytes(content)
    with bad_line(siti.served, seed) as line:
        told = run_node({
            "endpoint": f"http://127.0.0.1:{line.port}{FILES}", "token": siti.token, "file": str(tmp_path / "photo.jpg"),
            "metadata": {"sha256": name_of(content), "type": "image/jpeg"}, "chunk": 64 * 1024,
        })  # fmt: skip
        assert "url" in told and line.cuts > 3, told
    assert seen(siti, content) == content


@pytest.mark.skipif(not shutil.which("node") or not CLIENT.is_dir(), reason="tus-js-client is not installed")
def test_the_usual_client_of_browsers_is_told_that_the_photo_is_not_the_one_announced(siti: Phone, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(photo(5000))
    told = run_node({
        "endpoint": siti.served.url + FILES, "token": siti.token, "file": str(tmp_path / "photo.jpg"),
        "metadata": {"sha256": "0" * 64, "type": "image/jpeg"}, "chunk": 64 * 1024,
    })  # fmt: skip
    assert told["status"] == 422


def run_node(asked: dict[str, Any]) -> dict[str, Any]:
    command = ["node", "--input-type=module", "-e", SCRIPT, json.dumps(asked)]
    done = subprocess.run(command, cwd=ROOT / "field_forms" / "client", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
