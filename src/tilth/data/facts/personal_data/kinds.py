"""The kinds of personal data, and how a finding was validated; both have numbers in the compiled code."""

from tilth.data.facts.findings import Kind
from tilth.data.facts.personal_data.national_ids import COUNTRIES

KINDS: tuple[Kind, ...] = (
    Kind("email", "email", "An e-mail address."),
    Kind("email.noreply", "email", "A forge's address that takes no mail but names an account."),
    Kind("phone", "phone", "A telephone number."),
    Kind("ip.v4", "ip_address", "A public IPv4 address."),
    Kind("ip.v6", "ip_address", "A public IPv6 address."),
    Kind("mac", "mac_address", "The hardware address of a network interface."),
    Kind("card", "card", "The number of a payment card."),
    Kind("iban", "bank_account", "An international bank account number."),
    Kind("name", "name", "A person named as an author, maintainer or contributor."),
    Kind("name.copyright", "name", "A person named as holder of the copyright."),
    Kind("username", "username", "An account named as an author, or in a note to do something."),
    Kind("home", "username", "The account in the path of a home folder."),
    Kind("address", "address", "A street with the number of a house."),
    *(Kind(f"national_id.{name}", "national_id", says) for name, says in COUNTRIES),
)
"""Every kind; its place here is its number."""

NUMBER_OF = {kind.name: number for number, kind in enumerate(KINDS)}
EMAIL, NOREPLY, PHONE, IPV4, IPV6, MAC, CARD, IBAN, NAME, HOLDER, USERNAME, HOME, ADDRESS, NATIONAL_ID = (
    range(14)
)

HOW = ("pattern", "structure", "checksum", "context", "with_email", "placeholder", "model")
"""What a finding was validated by: its shape alone, a registry or a standard, check digits, words beside it,
an address beside it; `placeholder` looks like what people write instead of a real value."""
PATTERN, STRUCTURE, CHECKSUM, CONTEXT, WITH_EMAIL, PLACEHOLDER, MODEL = range(7)
