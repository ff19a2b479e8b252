"""Which hosts may be asked. What the operator wrote down is trusted; what a customer types must be on the operator's
list, and leads to a private address only where the operator says so."""

import ipaddress
import socket
from urllib.parse import urlsplit

from workforce.storage_providers.faults import StorageFault

PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def origin_of(url: str) -> str:
    """``scheme://host:port`` in one spelling; raises ``endpoint_refused`` for anything that is more than an origin."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise StorageFault("endpoint_refused") from error
    host = (parts.hostname or "").lower()
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in PORTS or not host or extra or host.endswith(".") or not host.isascii() or "@" in url:
        raise StorageFault("endpoint_refused")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}:{port or PORTS[parts.scheme]}"


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could ask there; addresses wrapped into others count as what is inside."""
    inside: Address | None = None
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if inside is not None:
        return is_public(inside)
    return address.is_global and not address.is_multicast and not address.is_reserved


def addresses_of(host: str, port: int, *, may_be_private: bool) -> list[tuple[int, tuple[str, int]]]:
    """Where to connect. The name is looked up once and the connection goes to what was checked, so a name that
    answers differently a moment later changes nothing."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise StorageFault("unreachable") from error
    places: list[tuple[int, tuple[str, int]]] = [(family, (str(place[0]), port)) for family, _, _, _, place in found]
    if not may_be_private and not all(is_public(ipaddress.ip_address(place[0])) for _, place in places):
        raise StorageFault("endpoint_refused")
    return places
