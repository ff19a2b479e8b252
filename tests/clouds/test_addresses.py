"""Where we connect: what the operator listed, and never by way of a name to a private address."""

import socket
import ssl
from typing import Any

import pytest

from tests.clouds.double import Answer, Call, Double, running
from workforce.storage_providers import addresses
from workforce.storage_providers.faults import StorageFault
from workforce.storage_providers.surroundings import Surroundings
from workforce.storage_providers.wire import Wire

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fd00::1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "2002:a9fe:a9fe::", "ff02::1",
]  # fmt: skip


class Peer(Double):
    def answer(self, call: Call) -> Answer:
        if call.path == "/moved":
            return Answer(302, headers={"Location": "/canary"})
        return Answer(200, b"x" * 100)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_asked(address: str, monkeypatch: Any) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # A name that leads to a public address and to a private one is as good as private.
    found = [(socket.AF_INET, 1, 6, "", ("93.184.216.34", 443)), (family, 1, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(StorageFault) as fault:
        addresses.addresses_of("storage.example.org", 443, may_be_private=False)
    assert fault.value.code == "endpoint_refused"
    assert len(addresses.addresses_of("storage.example.org", 443, may_be_private=True)) == 2


def test_what_is_connected_to_is_what_was_checked(monkeypatch: Any) -> None:
    """A name that answers differently the second time changes nothing: there is no second time."""
    with running(peer := Peer()):
        asked: list[str] = []
        port = int(peer.url.rpartition(":")[2])

        def resolve(host: str, *_: Any, **__: Any) -> Any:
            asked.append(host)
            return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        origin = f"http://storage.example.org:{port}"
        with pytest.raises(StorageFault):
            Wire(private_origins=frozenset()).ask("GET", f"{origin}/")
        assert peer.log == [] and asked == ["storage.example.org"]
        wire = Wire(private_origins=frozenset({origin}))
        assert wire.ask("GET", f"{origin}/").status == 200
        assert asked == ["storage.example.org"] * 2 and peer.log[0].headers["host"] == f"storage.example.org:{port}"
        assert wire.ask("GET", f"{origin}/moved").status == 302  # a redirect is told, not followed
        assert [call.path for call in peer.log] == ["/", "/moved"]


@pytest.mark.parametrize(
    "url",
    [
        "", "storage.example.org", "ftp://a", "http://u:p@a", "http://a@b", "http://a/path", "http://a?x", "http://a#x",
        "http://a.", "http://ä.org", "http://a:99999", "http://[::1", "file:///etc/passwd", "http://",
    ],
)  # fmt: skip
def test_an_endpoint_is_an_origin_and_nothing_more(url: str) -> None:
    with pytest.raises(StorageFault) as fault:
        addresses.origin_of(url)
    assert fault.value.code == "endpoint_refused"


def test_endpoints_are_compared_in_one_spelling() -> None:
    around = Surroundings(endpoints=("https://Minio.Example.org/",), private_endpoints=("http://10.0.0.5:9000",))
    assert addresses.origin_of("https://minio.example.org:443") in around.allowed_origins
    assert addresses.origin_of("http://10.0.0.5:9000/") in around.allowed_origins
    for other in ("http://minio.example.org", "https://minio.example.org:8443", "https://example.org"):
        assert addresses.origin_of(other) not in around.allowed_origins


def test_a_peer_that_is_gone_slow_or_unknown_is_unreachable() -> None:
    with running(peer := Peer()):
        url = peer.url
        peer.slow_seconds = 0.5
        wire = Wire(private_origins=frozenset({addresses.origin_of(url)}), timeout_seconds=0.1)
        with pytest.raises(StorageFault) as fault:
            wire.ask("GET", f"{url}/")
        assert fault.value.code == "unreachable"
        peer.slow_seconds = 0
        # It speaks no TLS.
        with pytest.raises(StorageFault):
            secure = url.replace("http:", "https:")
            Wire(private_origins=frozenset({addresses.origin_of(secure)}), timeout_seconds=1).ask("GET", f"{secure}/")
    with pytest.raises(StorageFault) as fault:
        wire.ask("GET", f"{url}/")
    assert fault.value.code == "unreachable"
    assert isinstance(wire._tls, ssl.SSLContext) and wire._tls.verify_mode == ssl.CERT_REQUIRED
