"""A sealed file gives back what was written, or says that it is not that."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import sealed_file
from server.sealed_file import BadFile, SealedReader, SealedWriter, written_whole

KEY = b"k" * 32


def sealed(plain: bytes, header=None) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, KEY, header or {"format": 1})
    writer.write(plain)
    writer.finish()
    return file.getvalue()


def opened(data: bytes, key: bytes = KEY) -> bytes:
    return SealedReader(io.BytesIO(data), key).read()


@pytest.fixture(autouse=True, scope="module")
def small_chunks():
    before, sealed_file.CHUNK_BYTES = sealed_file.CHUNK_BYTES, 16
    yield
    sealed_file.CHUNK_BYTES = before


@given(st.binary(max_size=100))
def test_what_was_written_is_read_again(plain):
    assert opened(sealed(plain)) == plain


@given(st.binary(min_size=1, max_size=60), st.data())
def test_no_byte_can_be_altered_taken_out_or_put_in(plain, data):
    whole = sealed(plain)
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(1, 255))
    for bad in (
        whole[:at] + bytes([whole[at] ^ other]) + whole[at + 1 :],
        whole[:at] + whole[at + 1 :],
        whole[:at] + bytes([other]) + whole[at:],
        whole[:at],
    ):
        if bad != whole:
            with pytest.raises(BadFile):
                opened(bad)


def test_chunks_of_one_file_can_not_change_places_nor_end_early():
    whole = sealed(b"a" * 16 + b"b" * 16 + b"c" * 16)
    start = whole.index(b"}") + 1
    chunks = [whole[start + n * 36 : start + (n + 1) * 36] for n in range(3)]
    assert start + 3 * 36 == len(whole)
    for order in ((1, 0, 2), (0, 2, 1), (0, 1), (0, 0, 1, 2), ()):
        with pytest.raises(BadFile):
            opened(whole[:start] + b"".join(chunks[n] for n in order))


def test_another_key_opens_nothing():
    with pytest.raises(BadFile):
        opened(sealed(b"Nur Hayati"), b"x" * 32)


def test_a_file_that_was_not_finished_leaves_nothing_behind(tmp_path):
    path = tmp_path / "one.backup"
    path.write_bytes(b"the one of yesterday")
    with pytest.raises(OSError, match="full"), written_whole(path) as file:
        file.write(b"half")
        raise OSError("the disk is full")
    assert path.read_bytes() == b"the one of yesterday" and list(tmp_path.iterdir()) == [path]
