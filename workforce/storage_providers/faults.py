"""What can go wrong with a storage, in a small set of codes with sentences that are safe to show.

A fault never carries what a vendor wrote: that may hold a key, a signature or a host of ours. Of the vendor's own words
only the error code is kept."""

import re

from workforce.errors import Refusal

SENTENCES = {
    "denied": "The storage refuses this: its policy does not let us.",
    "role_denied": "We may not act in your name yet: check who is trusted, and the external ID.",
    "not_found": "There is no such object in the storage.",
    "no_bucket": "There is no such bucket or container.",
    "expired": "The access to the storage has run out.",
    "keys_expired": "The keys of this storage have run out. Enter new ones.",
    "keys_refused": "The storage does not accept these keys.",
    "throttled": "The storage is answering too many requests. It is tried again in a moment.",
    "unreachable": "The storage does not answer.",
    "untrusted_certificate": "The storage shows a certificate that we do not trust.",
    "clock_skew": "Our clock and that of the storage differ too much.",
    "wrong_region": "The bucket is in another region than the one that was entered.",
    "decryption_denied": "We may read the object but not use the key that it is encrypted with.",
    "archived": "The object is archived and has to be restored first.",
    "changed": "The object was changed meanwhile.",
    "range_refused": "The object does not have the part that was asked for.",
    "endpoint_refused": "The operator of this site has not allowed this address.",
    "folder_refused": "The operator of this site has not allowed this folder.",
    "misconfigured": "The settings of this storage are not right.",
    "operator_credentials": "This site has no identity of its own at this vendor that works. Ask the operator.",
    "clouds_not_installed": "This site is installed without the cloud libraries: "
    "the operator runs pip install -r requirements-clouds.txt.",
    "not_signable": "This storage signs no addresses: the site itself hands out its objects.",
}
# Asking again at once only makes these worse.
PASSING = {"throttled", "unreachable"}
_VENDOR_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}")


class StorageFault(Refusal):
    """The storage could not be used; ``vendor_code`` is the vendor's own name for it, where it has one."""

    status = 424

    def __init__(self, code: str, vendor_code: str = "") -> None:
        known = {"vendor_code": vendor_code} if _VENDOR_CODE.fullmatch(vendor_code) else {}
        super().__init__(code, SENTENCES[code], **known)

    @property
    def is_passing(self) -> bool:
        return self.code in PASSING


def not_installed(library: ImportError) -> StorageFault:
    return StorageFault("clouds_not_installed", (library.name or "").partition(".")[0])
