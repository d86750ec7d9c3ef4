"""Addresses that the door must refuse, and such that it must let through, as data.

A case is a URL, or a URL with what its name resolves to, or these two with the rules of an
organization. Names resolve to PUBLIC where nothing else is said.
"""

from dataclasses import dataclass

from voiceassist.foundation.outbound import Rules

PUBLIC = "93.184.215.14"
PUBLIC6 = "2606:4700::1111"


@dataclass(frozen=True)
class Case:
    """One address in one situation."""

    category: str
    url: str
    answers: tuple[str, ...] = (PUBLIC,)
    rules: Rules | None = None

    def __str__(self) -> str:
        url = self.url if len(self.url) < 60 else f"{self.url[:50]}…{len(self.url)}"
        return f"{self.category}: {ascii(url)} {' '.join(self.answers)}"


def deny(*entries: str) -> Rules:
    return Rules(deny=frozenset(entries))


def allow(*entries: str) -> Rules:
    return Rules(allow=frozenset(entries))


def both(allowed: str, denied: str) -> Rules:
    return Rules(frozenset({allowed}), frozenset({denied}))


def _hosts(*hosts: str) -> list[tuple]:
    return [(f"http://{host}/",) for host in hosts]


def _answers(*answers: str | tuple[str, ...]) -> list[tuple]:
    together = [(one,) if isinstance(one, str) else one for one in answers]
    return [("https://b.example/", answer) for answer in together]


def _both(*addresses: str) -> list[tuple]:
    """Each address written in the URL, and found behind a name."""
    written = (f"[{one}]" if ":" in one else one for one in addresses)
    return [*((f"http://{host}/", ()) for host in written), *_answers(*addresses)]


_REFUSED: dict[str, list[tuple]] = {
    "schemes": [
        ("ftp://b.example/",), ("file:///etc/passwd",), ("gopher://b.example:80/_GET",),
        ("javascript:alert(1)",), ("data:text/plain,x",), ("dict://b.example/",),
        ("ws://b.example/",), ("unix:///run/docker.sock",), ("http+unix://%2Frun%2Fd.sock/",),
        ("hxxp://b.example/",), ("httpſ://b.example/",), ("jar:http://b.example/!/",),
    ],
    "parts missing": [
        ("",), ("x",), ("//b.example/",), ("b.example/",), ("http:b.example",),
        ("http:/b.example",), ("http://",), ("http:///path",), ("http://?x",), ("http://#x",), ("://b.example/",),
        ("http:////b.example/",), ("url:http://b.example/",),
    ],
    "ports": [
        ("http://b.example:22/",), ("http://b.example:25/",), ("https://b.example:6379/",),
        ("http://b.example:5432/",), ("https://b.example:8443/",), ("http://b.example:8080/",),
        ("http://b.example:0/",), ("http://b.example:65536/",), ("http://b.example:65616/",),
        ("http://b.example:8x/",), ("http://b.example:-80/",), ("http://b.example:+80/",),
        ("http://b.example:080/",), ("http://b.example:/",), ("http://b.example:80:80/",),
        ("http://b.example:８０/",), ("http://b.example:8_0/",), ("http://[::1]:80:80/",),
    ],
    "user names": [
        ("http://user@b.example/",), ("http://u:p@b.example/",), ("http://@b.example/",),
        ("http://b.example@127.0.0.1/",), ("http://b.example:80@127.0.0.1/",),
        ("http://127.0.0.1@b.example/",), ("http://b.example%40127.0.0.1/",),
        ("http://a@b@c.example/",), ("http://:@b.example/",),
    ],
    "backslashes": [
        ("http:\\\\b.example/",), ("http://b.example\\@127.0.0.1/",), ("http://127.0.0.1\\.b.example/",),
        ("http://b.example\\",), ("http://b.example/\\..\\x",), ("\\\\b.example\\share",),
        ("http:/\\b.example/",),
    ],
    "control characters and spaces": [
        ("http://b.example /",), (" http://b.example/",), ("http://b.example/ ",),
        ("http://b.exa\tmple/",), ("ht\ntp://b.example/",),
        ("http://b.example/\r\nHost: c.example",), ("http://b.example/\x00",), ("http://127.0.0.1\x00.b.example/",),
        ("http://b.example\x7f/",), ("http://b.example/\x0b",), ("http://b.example\u00a0/",), ("http://b.example\u200b/",),
        ("http://\ufeffb.example/",), ("http://b.exam\u00adple/",), ("http://b.example\u2028/",),
        ("http://\u202eelpmaxe.b/",),
    ],
    "decimal hosts": _hosts("2130706433", "0", "1", "3232235777", "2852039166", "134744072",
                            "4294967296", "16843009"),
    "octal hosts": _hosts("017700000001", "0177.0.0.1", "0300.0250.0.1", "8.8.8.08", "010.8.8.8",
                          "0251.0376.0251.0376", "8.8.8.010", "00000010.0.0.1"),
    "hex hosts": _hosts("0x7f000001", "0x7f.0.0.1", "0X7F.1", "0xa9fea9fe", "0x0a.0.0.1", "b.0x1",
                        "8.8.8.0x8", "0x", "1.2.3.0xffffff"),
    "numbers that are no address": _hosts("127.1", "127.0.1", "8.8.8", "1.2.3.4.5", "256.1.1.1",
                                          "8.8.8.8.", "8..8.8", ".8.8.8.8", "-8.8.8.8",
                                          "93.184.215.14.0", "b.example.1", "1e3", "8.8.8.8:80.1"),
    "IPv4 that is not public": _both(
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1",
        "172.31.255.255", "192.168.1.1", "169.254.1.1", "100.64.0.1", "192.0.2.1", "192.88.99.1",
        "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "192.0.0.9", "192.31.196.1", "192.175.48.1",
    ),
    "metadata services": [
        *_both("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16",
               "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "169.254.42.42"),
        ("http://metadata.google.internal/",), ("http://metadata/",),
        ("http://instance-data.ec2.internal/",),
    ],
    "IPv6 that is not public": _both(
        "::", "::1", "fe80::1", "febf::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1",
        "ff0e::1", "100::1", "100:0:0:1::1", "2001:db8::1", "2001:2::1", "2001:10::1", "3fff::1",
        "5f00::1", "4000::1", "1::1", "e000::1", "64:ff9b:1::1",
        "2001:1::1", "2001:20::1",
    ),
    "IPv6 written oddly": _hosts(
        "[::1", "::1", "::1]", "[]", "[:::1]", "[b.example]", "[127.0.0.1]", "[0x7f.0.0.1]",
        "[::1]x", "x[::1]", "[::1][::1]", "[[::1]]", "[v1.x]", "[v6.2606:4700::1111]",
        "[vF.b.example]", "[2606:4700::1111:]", "[::127.1]", "[0:0:0:0:0:0:0:0001", "[12345::1]",
        "[2606:4700::g]", "[２606:4700::1111]",
    ),
    "zones": [
        *_hosts("[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%25lo]", "[2606:4700::1111%251]",
                "[2606:4700::1111%]", "b.example%25eth0"),
        *_answers("fe80::1%eth0", "2606:4700::1111%eth0", "::1%1"),
    ],
    "mapped IPv4": _both("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe",
                         "0:0:0:0:0:FFFF:7F00:1", "::ffff:168.63.129.16", "::ffff:0.0.0.0"),
    "compatible IPv4": _both("::127.0.0.1", "::10.0.0.1", "::a9fe:a9fe", "::192.168.0.1",
                             "::2", "::7f00:1"),
    "translated IPv4 (SIIT)": _both("::ffff:0:127.0.0.1", "::ffff:0:10.0.0.1",
                                    "::ffff:0:a9fe:a9fe", "::ffff:0:7f00:1", "::ffff:0:c0a8:101"),
    "NAT64": _both("64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe",
                   "64:ff9b::a83f:8110", "64:ff9b::192.168.1.1", "64:ff9b:1::808:808"),
    "6to4": _both("2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "2002:c0a8:101::1",
                  "2002:a83f:8110::1", "2002:6440:1::"),
    "Teredo": _both(
        "2001:0:4136:e378:8000:63bf:80ff:fffe",  # client 127.0.0.1
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # client 10.0.0.1
        "2001:0:4136:e378:8000:63bf:5601:5601",  # client 169.254.169.254
        "2001:0:7f00:1:8000:63bf:a247:28f1",  # server 127.0.0.1
        "2001:0:a00:1:0:0:a247:28f1",  # server 10.0.0.1
    ),
    "digits of other scripts": _hosts("①②⑦.0.0.1", "１２７.0.0.1", "١٢٧.0.0.1", "127.0.0.１",
                                      "93.184.215.１４", "१२७.०.०.१", "²130706433", "0𝟙.example",
                                      "b٣.example", "Ⅳ.example"),
    "dots of other scripts": _hosts("127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "b。example",
                                    "b․example", "localhost。", "169。254。169。254"),
    "letters that stand for others": _hosts("ｌocalhost", "ⓛocalhost.example", "ＥXAMPLE.example",
                                            "ｅ.example", "faß.example", "\u212aelvin.example",
                                            "\u212bngstrom.example", "ﬁ.example", "ſ.example",
                                            "a\u200db.example", "℀.example", "b.ℰxample"),
    "names that lead inside": [
        *_hosts("localhost", "LOCALHOST", "x.localhost", "localhost.localdomain", "printer.local",
                "db.internal", "router.home.arpa", "redis", "intranet"),
        *_answers("127.0.0.1", "10.1.2.3", "::1", "fd00::7"),
    ],
    "dots at the end": _hosts("b.example.", "127.0.0.1.", "localhost.", "b.example..", ".", "..",
                              "b..example", ".b.example", "xn--bcher-kva.example."),
    "escaped hosts": _hosts("b%2eexample", "%6cocalhost", "127%2e0%2e0%2e1", "b.example%00",
                            "b.example%2f@c.example", "%31%32%37.0.0.1", "b.example%0d%0a"),
    "hosts that are no name": _hosts("b_example%", "-b.example", "b-.example", "b example",
                                     "b!.example",
                                     "b,c.example", "b;c.example", "<b>.example", "b|c.example",
                                     "*.example", "b.example&c", "{host}", "b'.example"),
    "too long": [
        ("http://" + "a" * 64 + ".example/",), ("http://" + "a." * 130 + "example/",),
        ("http://b.example/" + "x" * 9_000,), ("http://" + "ü" * 300 + ".example/",),
        ("http://" + "ü" * 60 + ".example/",), ("x" * 1_000_000,),
    ],
    "mixed answers": _answers(
        (PUBLIC, "10.0.0.7"), ("10.0.0.7", PUBLIC), (PUBLIC, PUBLIC6, "::1"),
        (PUBLIC, "169.254.169.254"), (PUBLIC, "::ffff:127.0.0.1"), (PUBLIC,) * 50 + ("0.0.0.0",),
    ),
    "answers that are no address": _answers(
        (), ("",), ("localhost",), ("0177.0.0.1",), ("127.1",), (PUBLIC, "b.example"),
        ("2130706433",), (f"{PUBLIC}:80",), (PUBLIC, "None"), (f" {PUBLIC}",),
    ),
    "hosts an organization denies": [
        ("https://b.example/", (PUBLIC,), deny("b.example")),
        ("https://B.EXAMPLE/", (PUBLIC,), deny("b.example")),
        ("https://b.example/", (PUBLIC,), deny("B.Example:443")),
        ("https://a.b.example/", (PUBLIC,), deny("*.b.example")),
        ("https://x.a.b.example/", (PUBLIC,), deny("*.b.example")),
        ("https://bücher.example/", (PUBLIC,), deny("xn--bcher-kva.example")),
        ("https://xn--bcher-kva.example/", (PUBLIC,), deny("BÜCHER.example")),
        (f"https://{PUBLIC}/", (), deny(PUBLIC)),
        ("https://b.example/", (PUBLIC,), deny(PUBLIC)),
        ("https://b.example/", (PUBLIC6, PUBLIC), deny(f"{PUBLIC}:443")),
        (f"https://[::ffff:{PUBLIC}]/", (), deny(PUBLIC)),
        ("https://b.example/", ("64:ff9b::5db8:d70e",), deny(PUBLIC)),
        ("https://[2606:4700:0::1111]/", (), deny(f"[{PUBLIC6}]")),
        ("https://b.example/", (PUBLIC,), both("b.example", "b.example")),
        ("https://b.example/", (PUBLIC,), both("b.example", "*.example")),
    ],
    "hosts an organization does not allow": [
        ("https://c.example/", (PUBLIC,), allow("b.example")),
        ("https://b.example/", (PUBLIC,), allow("*.b.example")),
        ("https://evil-b.example/", (PUBLIC,), allow("b.example", "*.b.example")),
        ("https://b.example.c.example/", (PUBLIC,), allow("b.example")),
        ("https://b.example/", (PUBLIC,), allow("b.example:80")),
        ("https://a.b.example/", (PUBLIC,), allow("b.example")),
        (f"https://{PUBLIC}/", (), allow("b.example")),
        ("https://b.example/", (PUBLIC,), allow(PUBLIC)),
        ("https://8.8.8.8/", (), allow("*.8.8.example")),
    ],
    "what an organization cannot open": [
        ("http://127.0.0.1/", (), allow("127.0.0.1")),
        ("http://[::1]/", (), allow("[::1]:80")),
        ("http://b.example/", ("10.0.0.1",), allow("b.example")),
        ("http://b.example:8080/", (PUBLIC,), allow("b.example:8080")),
        ("http://localhost/", (PUBLIC,), allow("localhost")),
        ("http://169.254.169.254/", (), allow("169.254.169.254:80")),
    ],
}  # fmt: skip

_PASSING: dict[str, list[tuple]] = {
    "plain addresses": [
        ("https://b.example",), ("http://b.example/",), ("HTTP://B.Example:80/x",),
        ("https://api.b.example:443/v1?x=1&y=%20#part",), ("https://b.example?x=@y:80",),
        ("https://b.example/@x",), ("https://b.example/a//b/../c",), ("https://b.example#/x",),
        ("http://b.example:443/",), ("https://1.b.example/",), ("https://1.2.3.4.example/",),
        ("https://b-1.example/" + "x" * 2_000,), ("https://b.example/ünï",),
    ],
    "international names": _hosts("bücher.example", "BÜCHER.example", "bu\u0308cher.example",
                                  "пример.example", "例え.テスト", "xn--bcher-kva.example"),
    "public addresses": [
        *_both("8.8.8.8", "1.1.1.1", PUBLIC, PUBLIC6, "172.15.0.1", "172.32.0.1", "100.128.0.1",
               "2a00:1450:4001::1", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"),
        *_answers((PUBLIC, PUBLIC6), ("8.8.8.8",) * 9),
    ],
    "hosts an organization lets be called": [
        ("https://b.example/", (PUBLIC,), allow("b.example")),
        ("https://b.example/", (PUBLIC,), allow("b.example:443", "c.example")),
        ("https://a.b.example/", (PUBLIC,), allow("*.b.example")),
        ("https://b.example/", (PUBLIC,), deny("*.b.example", "c.example", "b.example:80")),
        ("https://bb.example/", (PUBLIC,), deny("b.example", "*.b.example")),
        (f"https://{PUBLIC}/", (), allow(PUBLIC)),
        (f"https://[{PUBLIC6}]/", (), allow("[2606:4700:0:0::1111]:443")),
        ("https://b.example/", (PUBLIC,), Rules()),
        ("https://b.example/", (PUBLIC,), deny("8.8.8.8")),
    ],
}  # fmt: skip


def _cases(table: dict[str, list[tuple]]) -> list[Case]:
    return [Case(category, *case) for category, cases in table.items() for case in cases]


REFUSED = _cases(_REFUSED)
PASSING = _cases(_PASSING)
