"""The currencies an amount can be in: the codes of ISO 4217, and how many decimals each has."""

from server.forms.field import Choice, Group

#: What most charges are in; the form offers these first.
_OFTEN = ("EUR", "USD", "GBP", "CHF", "JPY", "SEK", "DKK", "NOK", "AUD", "CAD", "CNY", "ILS")

#: ISO 4217, list one: currencies people pay in; without metals, bond units and testing codes.
_ALL = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP"
    " CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD"
    " IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR"
    " MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP"
    " SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF"
    " XPF YER ZAR ZMW ZWG"
)
#: Decimals of those that have not two.
_NONE, _THREE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF", "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS = dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3)

CHOICES = (
    Group("Often", tuple(Choice(code, code) for code in _OFTEN)),
    Group("All others", tuple(Choice(code, code) for code in _ALL.split() if code not in _OFTEN)),
)


def decimals(currency: str) -> int:
    """Return how many decimals an amount in a currency may have."""
    return _DECIMALS.get(currency, 2)
