"""Events with every oddity that queries can meet, and queries over them."""

import datetime
import itertools

TITLES = [
    "PAYMENT_REFUSED", "PAYMENT REFUSED", "payment refused", "Payment", "PAY_IN",
    "PAY_OUT", "PAYOUT", "pay-in", "foo-bar", "foo bar", "bar foo", "foo bar baz",
    "FOO", "foo", "Foo.Bar", "foo.bar.baz", "foo:bar", "a:b c", "a/b", "a||b",
    "A && B", "x=1, y=2", "3.14", "1,000", "10.0.0.1:8080", "can't stop",
    "can\u2019t", "user@example.com", "___", "---", "!!!", "+", "*", "?", "a*b",
    "a?b", "a\\b", "a\"b", "a\"b\"c", "(x)", "[x]", "{x}", "x~", "x^2", "~", "<5",
    ">5", ">=5", "<b>", "#1", "$x", "%x", "and", "or", "not", "AND", "TO", "now",
    "\u00c4RGER", "\u00e4rger", "stra\u00dfe", "STRASSE", "\u0130stanbul",
    "istanbul", "e\u0301t\u00e9", "\u00e9t\u00e9", "\u4e2d\u6587", "\u4e2d",
    "\u6587\u4e2d", "\u3042\u3044", "\u30a2\u30ab\u30fc", "\uac00\uac01",
    "\u0e01\u0e31\u0e19 x", "\u05d0\"\u05d1", "\U0001f600 ok", "ok\U0001f600",
    "\U0001f468\u200d\U0001f469", "#\ufe0f\u20e3", "\U0001f1e9\U0001f1ea", "a\tb",
    "a\nb", "line\u2028two", "a\u3000b", "a\u00a0b", "", " ", "  foo  ", "x" * 300,
    "\u00e4" * 8191, "\u00e4" * 8192, "y" * 255 + "z", "word " * 400 + "end",
]

ADDITIONALS = [
    "some text about a payment", "Payment refused twice", "foo-bar and baz",
    "Foo\nBar", "", "---", "404 Not Found", "a.b.c", "FOO", "\u4e2d\u6587 text",
    None, {}, {"user": "bob"}, {"user": "Bob"}, {"user": "bob marley"},
    {"user": ["bob", "eve"]}, {"user": {"name": "bob"}}, {"user.name": "bob"},
    {"user": None}, {"user": []}, {"user": ""}, {"user": {}}, {"user": True},
    {"user": False}, {"user": 5}, {"user": "5"}, {"user": 5.0}, {"user": [5, 6]},
    {"user": [{"name": "al"}, {"name": "bob"}]}, {"user": "x" * 1024},
    {"user": "x" * 1025}, {"user": "\u00e4" * 513}, {"user": "a*b"},
    {"user": "a\\b"}, {"user": "a\"b"}, {"user": "\u4e2d"}, {"user": "bo"},
    {"ms": 0}, {"ms": 199}, {"ms": 200}, {"ms": 200.5}, {"ms": 299}, {"ms": 300},
    {"ms": -5}, {"ms": 1e3}, {"ms": "250"}, {"ms": "fast"}, {"ms": [100, 400]},
    {"ms": None}, {"ms": True}, {"ms": 1e300}, {"ms": {"deep": 1}},
    {"a": {"b": {"c": "deep"}}}, {"a.b": {"c": "deep"}}, {"a": {"b.c": "deep"}},
    {"a": [{"b": [{"c": "deep"}]}]}, {"user id": "blank"}, {"order": {"total": 12}},
]

SERVICES = ["PAY", "FORUM", "forum", "PAY BACK", "NEWS-1", ""]
COMPONENTS = ["DB", "A\u0042", "AUTH.MIDDLEWARE", "", None]
REQUESTS = ["r-1", "r-2", "", None]
LEVELS = ["DEBUG", "INFO", "ERROR", "warn", "Fatal", None, 17]

DAY = datetime.timedelta(days=1)


def _text(time, fraction):
    return time.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def times(now):
    """Around the ends of seconds, days, weeks, months and years."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    month = today.replace(day=1)
    starts = [today, today - DAY, today - 2 * DAY, today + DAY / 2,
              today - today.weekday() * DAY, month, month.replace(month=1),
              (month - DAY).replace(day=1)]
    second = datetime.timedelta(seconds=1)
    found = []
    for start in starts:
        found += [_text(start, ""), _text(start, ".000000001"),
                  _text(start, ".5"), _text(start - second, ".999"),
                  _text(start - second, ".999999999"),
                  _text(start - second, ".9995"), _text(start - second, "")]
    for hours in (0.6, 1.6, 2.6, 23.6, 24.6, 100):
        found.append(_text(now - datetime.timedelta(hours=hours), ".25"))
    return found


def events(now):
    """Every value of each table in at least one event; all numbered."""
    found = []
    size = 4 * max(map(len, (TITLES, ADDITIONALS, times(now))))
    columns = {"ServiceKey": SERVICES, "ComponentKey": COMPONENTS,
               "RequestKey": REQUESTS, "Level": LEVELS, "Title": TITLES,
               "TimeStampUTC": times(now), "Additional": ADDITIONALS}
    cycles = {name: itertools.cycle(values)
              for name, values in columns.items()}
    for number in range(size):
        event = {name: next(values) for name, values in cycles.items()}
        event["HostAddress"] = f"10.0.0.{number % 7}"
        event["Seq"] = number
        found.append({name: value for name, value in event.items()
                      if value is not None or name == "Additional"})
    return found


PLAIN = r"""
*:*
Level:ERROR
Level:"ERROR"
Level : ERROR
Level:error
Level:(INFO OR ERROR)
Level:(INFO || DEBUG)
Level:(NOT INFO)
Level:*
_exists_:Level
NOT Level:INFO
!Level:INFO
-Level:INFO
-Level:INFO -Level:ERROR
(NOT Level:INFO)
NOT (Level:INFO OR Level:ERROR)
Level:ERROR OR (NOT ServiceKey:PAY)
Level:ERROR AND ServiceKey:PAY
Level:ERROR && ServiceKey:PAY
Level:ERROR || ServiceKey:PAY
Level:ERROR ServiceKey:PAY
+Level:ERROR +ServiceKey:PAY
+Level:ERROR ServiceKey:PAY
+Level:ERROR -ServiceKey:PAY
Level:ERROR -ServiceKey:PAY
Level:ERROR AND NOT ServiceKey:PAY
Level:ERROR AND !ServiceKey:PAY
Level:ERROR AND -ServiceKey:PAY
Level:ERROR AND +ServiceKey:PAY
Level:ERROR NOT ServiceKey:PAY
(Level:ERROR OR Level:INFO) AND (ServiceKey:PAY OR ServiceKey:FORUM)
Level:ERROR AND (ServiceKey:PAY OR (Title:foo AND NOT Level:INFO))
((((Level:ERROR))))
LevelRaw:warn
LevelRaw:17
_exists_:LevelRaw
Repaired:level
Repaired:(level AND service)
Repaired:*
NOT Repaired:*
ServiceKey:pay
ServiceKey:PAY
ServiceKey:PAY\ BACK
ServiceKey:"PAY BACK"
ServiceKey:NEWS-1
ServiceKey:NEWS\-1
ServiceKey:""
ServiceKey:UNKNOWN
ServiceKey:P*
ServiceKey:p*
ServiceKey:?AY
ServiceKey:*O*
ServiceKey:/(PAY|FORUM)/
ServiceKey:/P.*/
ServiceKey:/[A-F].{3,5}/
ServiceKey:/[^P].*/
ServiceKey:/FORU?M/
ServiceKey:[A TO G]
ServiceKey:[FORUM TO PAY]
ServiceKey:{FORUM TO PAY}
ServiceKey:[FORUM TO PAY}
ServiceKey:{FORUM TO PAY]
ServiceKey:[* TO PAY]
ServiceKey:[FORUM TO *]
ServiceKey:{FORUM TO *}
ServiceKey:>FORUM
ServiceKey:>=FORUM
ServiceKey:<PAY
ServiceKey:<=PAY
ServiceKey:[* TO *]
ServiceKey:["PAY" TO "PAY BACK"]
ComponentKey:AB
ComponentKey:\A\B
ComponentKey:A\u0042
ComponentKey:AUTH.MIDDLEWARE
ComponentKey:AUTH*
ComponentKey:*.*
_exists_:ComponentKey
ComponentKey:""
RequestKey:r-1
RequestKey:(r-1 OR r-2)
_exists_:RequestKey
NOT _exists_:RequestKey
RequestKey:""
HostAddress:10.0.0.1
HostAddress:10.0.0.*
HostAddress:"10.0.0.1"
Title:PAYMENT_REFUSED
Title:"PAYMENT REFUSED"
Title:payment
Title:PAY_*
Title:PA?_*
Title:PAY*OUT
Title:*foo*
Title:*
Title:**
Title:?*
Title:?
Title:??
Title:???
Title:/PAY_(IN|OUT)/
Title:/.*foo.*/
Title:/foo.bar/
Title:/foo\.bar\.baz/
Title:/a\/b/
Title:/[a-z]+/
Title:/[\u00e4-\u00fc]+.*/
Title:/x{300}/
Title:/y{255}z/
Title:/.{3}/
Title:/./
Title:/a.b/
Title:/(foo)?( bar)?( baz)?/
Title:a\*b
Title:"a*b"
Title:a\?b
Title:"a\\b"
Title:a\\b
Title:"a\"b"
Title:a\"b
Title:a\:b\ c
Title:"a/b"
Title:a\/b
Title:"a||b"
Title:a\|\|b
Title:"A && B"
Title:"(x)"
Title:\(x\)
Title:\[x\]
Title:\{x\}
Title:x\~
Title:x\^2
Title:"~"
Title:"<5"
Title:">=5"
Title:"+"
Title:"*"
Title:"?"
Title:""
Title:" "
Title:"  foo  "
Title:#1
Title:$x
Title:%x
Title:and
Title:"AND"
Title:TO
Title:now
Title:\u00e4rger
Title:"\u00c4RGER"
Title:\u4e2d
Title:"\u4e2d\u6587"
Title:\u4e2d*
Title:?\u4e2d
Title:\U0001f600*
Title:/\U0001f600 ok/
Title:"a	b"
Title:(foo OR "foo bar" OR PAY*)
Title:(foo AND NOT bar)
Title:(NOT foo)
Title:(+foo -bar)
Title:[a TO b]
Title:>z
Title:yyy*
Title:xxx*
_exists_:Title
NOT Title:*
Title.text:foo
Title.text:FOO
Title.text:Foo
Title.text:"foo"
Title.text:"foo bar"
Title.text:"FOO BAR"
Title.text:"bar foo"
Title.text:"foo-bar"
Title.text:"foo  bar"
Title.text:"foo bar baz"
Title.text:"bar baz"
Title.text:"payment refused"
Title.text:foo-bar
Title.text:foo.bar
Title.text:foo\:bar
Title.text:a\:b
Title.text:10.0.0.1
Title.text:"10.0.0.1"
Title.text:3.14
Title.text:can't
Title.text:"can't stop"
Title.text:can\u2019t
Title.text:user@example.com
Title.text:"user@example.com"
Title.text:(foo bar)
Title.text:(foo AND bar)
Title.text:(foo OR payment)
Title.text:(foo AND NOT baz)
Title.text:(+foo +baz)
Title.text:foo*
Title.text:FOO*
Title.text:fo*
Title.text:pay*
Title.text:foo-b*
Title.text:foo.b*
Title.text:f?o
Title.text:F?O
Title.text:*oo
Title.text:*OO*
Title.text:?
Title.text:??
Title.text:**
Title.text:?*
Title.text:*
Title.text:/fo+/
Title.text:/FOO/
Title.text:/[a-z]{3}/
Title.text:/.*/
Title.text:/foo.bar/
Title.text:\u4e2d
Title.text:"\u4e2d\u6587"
Title.text:\u4e2d\u6587
Title.text:\u6587\u4e2d
Title.text:"\u6587\u4e2d"
Title.text:\u3042
Title.text:\u30a2\u30ab\u30fc
Title.text:\u30a2*
Title.text:\uac00\uac01
Title.text:\u0e01\u0e31\u0e19
Title.text:\u00c4RGER
Title.text:\u00c4*
Title.text:STRASSE
Title.text:stra\u00dfe
Title.text:STRA\u1e9eE
Title.text:ISTANBUL
Title.text:\u0130stanbul
Title.text:i\u0307stanbul
Title.text:\u00e9t\u00e9
Title.text:e\u0301t\u00e9
Title.text:\U0001f600
Title.text:ok
Title.text:\U0001f1e9\U0001f1ea
Title.text:\U0001f468
Title.text:\U0001f468\u200d\U0001f469
Title.text:"#\ufe0f\u20e3"
Title.text:\u05d0\"\u05d1
Title.text:xxxx*
Title.text:z
Title.text:yyyy*
Title.text:end
Title.text:"word word end"
Title.text:"word end"
Title.text:x
Title.text:1
Title.text:"1,000"
Title.text:b
_exists_:Title.text
NOT _exists_:Title.text
AdditionalText:payment
AdditionalText:PAYMENT
AdditionalText:"payment refused"
AdditionalText:"a payment"
AdditionalText:foo
AdditionalText:"foo bar"
AdditionalText:404
AdditionalText:not
AdditionalText:"Not Found"
AdditionalText:a.b.c
AdditionalText:a.*
AdditionalText:te*t
AdditionalText:/te.t/
AdditionalText:*
AdditionalText:**
_exists_:AdditionalText
NOT AdditionalText:payment
foo
FOO
"foo"
"foo bar"
"FOO BAR"
payment
Payment
PAYMENT_REFUSED
"PAYMENT REFUSED"
payment refused
foo bar baz
foo bar
foo AND bar
foo OR bar
foo AND NOT bar
foo -bar
+foo -bar
+foo +bar
NOT foo
(foo bar) AND baz
foo-bar
foo.bar
"foo-bar"
"---"
"___"
\-\-\-
\+
"+"
\*
"*"
\!\!\!
___
#1
$x
10.0.0.1
10.0.0.1\:8080
user@example.com
a\|\|b
can't
3.14
404
<5
>5
>=5
\<b\>
pay*
PAY*
Pay*
foo-b*
p?y*
P?Y*
*oo
*OO
f*o
F*O
?
**
?*
/pay.*/
/PAY.*/
/foo bar/
/[0-9]+/
/[0-9.]+/
\u4e2d
\u4e2d\u6587
"\u4e2d\u6587"
\u3042\u3044
\u00c4rger
\u00c4*
\U0001f600
Istanbul
and
"and"
not
a b
a\ b
a\ b c
foo bar -baz
foo bar NOT baz
foo bar OR baz
foo bar baz OR end
foo OR bar baz end
foo bar Level:INFO
foo Level:INFO bar
Level:INFO foo bar
Level:ERROR AND foo
Level:ERROR AND (foo bar)
Level:ERROR AND (foo OR bar)
Level:ERROR AND "foo bar"
Level:ERROR AND NOT (foo bar)
Title:foo bar
Title:foo AND bar
Title:PAYMENT "foo bar"
foo bar pay*
foo bar "baz"
text about
about AND payment
AdditionalFlat.user:bob
AdditionalFlat.user:Bob
AdditionalFlat.user:"bob marley"
AdditionalFlat.user:bob\ marley
AdditionalFlat.user:(bob OR eve)
AdditionalFlat.user:(bob AND eve)
AdditionalFlat.user:bo*
AdditionalFlat.user:b*
AdditionalFlat.user:5
AdditionalFlat.user:5.0
AdditionalFlat.user:6
AdditionalFlat.user:true
AdditionalFlat.user:false
AdditionalFlat.user:""
AdditionalFlat.user:"a*b"
AdditionalFlat.user:a\*b
AdditionalFlat.user:"a\\b"
AdditionalFlat.user:"a\"b"
AdditionalFlat.user:\u4e2d
AdditionalFlat.user:*
_exists_:AdditionalFlat.user
NOT _exists_:AdditionalFlat.user
AdditionalFlat.user.name:bob
AdditionalFlat.user.name:(al AND bob)
_exists_:AdditionalFlat.user.name
AdditionalFlat.user.name:*
AdditionalFlat.a.b.c:deep
AdditionalFlat.a.b.c:d*
_exists_:AdditionalFlat.a.b.c
_exists_:AdditionalFlat.a
AdditionalFlat.user\ id:blank
AdditionalFlat.order.total:12
AdditionalFlat.ms:200
AdditionalFlat.ms:200.5
AdditionalFlat.ms:fast
AdditionalFlat.ms:100
AdditionalFlat.ms:*
AdditionalFlat.none:x
AdditionalNum.ms:200
AdditionalNum.ms:200.0
AdditionalNum.ms:2e2
AdditionalNum.ms:250
AdditionalNum.ms:>=200
AdditionalNum.ms:>200
AdditionalNum.ms:<200
AdditionalNum.ms:<=200
AdditionalNum.ms:<=200.5
AdditionalNum.ms:>200.4
AdditionalNum.ms:[200 TO 299]
AdditionalNum.ms:{200 TO 300}
AdditionalNum.ms:[200 TO 300}
AdditionalNum.ms:{200 TO *]
AdditionalNum.ms:[* TO 0]
AdditionalNum.ms:[* TO 0}
AdditionalNum.ms:[-5 TO 0]
AdditionalNum.ms:"-5"
AdditionalNum.ms:<0
AdditionalNum.ms:1000
AdditionalNum.ms:>1e299
AdditionalNum.ms:100
AdditionalNum.ms:400
AdditionalNum.ms:[150 TO 350]
AdditionalNum.ms:(100 AND 400)
AdditionalNum.ms:(200 OR 299)
AdditionalNum.ms:[* TO *]
AdditionalNum.ms:*
_exists_:AdditionalNum.ms
NOT AdditionalNum.ms:*
TimeStampUTC:*
@timestamp:*
_exists_:TimeStampUTC
"""

TIMES = r"""
TimeStampUTC:"{today}"
TimeStampUTC:{today}
@timestamp:"{today}"
TimeStampUTC:>{today}
TimeStampUTC:>={today}
TimeStampUTC:<{today}
TimeStampUTC:<={today}
TimeStampUTC:[{yesterday} TO {today}]
TimeStampUTC:{{{yesterday} TO {today}}}
TimeStampUTC:[{yesterday} TO {today}}}
TimeStampUTC:{{{yesterday} TO {today}]
TimeStampUTC:["{yesterday}" TO *]
TimeStampUTC:[* TO "{yesterday}"]
TimeStampUTC:"{today}T00:00:00Z"
TimeStampUTC:"{today}T00:00:00"
TimeStampUTC:"{today}T00:00:00.000Z"
TimeStampUTC:"{today}T00:00:00.5Z"
TimeStampUTC:"{today}T00:00:00.000000001Z"
TimeStampUTC:"{today}T12:00:00+12:00"
TimeStampUTC:["{today}T00:00:00Z" TO "{today}T00:00:00Z"]
TimeStampUTC:{{"{today}T00:00:00Z" TO *]
TimeStampUTC:[* TO "{today}T00:00:00Z"}}
TimeStampUTC:[* TO "{today}T00:00:00Z"]
TimeStampUTC:["{today}T00:00:00.000000001Z" TO "{today}T00:00:00.5Z"]
TimeStampUTC:{{"{today}T00:00:00.000000001Z" TO "{today}T00:00:00.5Z"}}
TimeStampUTC:[{yesterday}T23\:59\:59Z TO {today}]
TimeStampUTC:>now-1h
TimeStampUTC:>=now-2h
TimeStampUTC:<now-2h
TimeStampUTC:<=now-1h
TimeStampUTC:[now-2h TO now-1h]
TimeStampUTC:[now-90m TO *]
TimeStampUTC:[now-3h+1h TO now]
TimeStampUTC:[now-1d TO now]
TimeStampUTC:["now-1d" TO "now"]
TimeStampUTC:[now-1d/d TO now/d]
TimeStampUTC:[now-1d/d TO now/d}}
TimeStampUTC:{{now-1d/d TO now/d]
TimeStampUTC:{{now-1d/d TO now/d}}
TimeStampUTC:{{now-2d/d TO now-1d/d}}
TimeStampUTC:"now/d"
TimeStampUTC:now\/d
TimeStampUTC:"now-1d/d"
TimeStampUTC:>=now\/d
TimeStampUTC:>now\/d
TimeStampUTC:<now\/d
TimeStampUTC:<=now\/d
TimeStampUTC:<=now-1d\/d
TimeStampUTC:>now-1d\/d
TimeStampUTC:[now/w TO now]
TimeStampUTC:"now/w"
TimeStampUTC:"now-1w/w"
TimeStampUTC:{{now-1w/w TO *]
TimeStampUTC:[now/M TO *]
TimeStampUTC:"now/M"
TimeStampUTC:"now-1M/M"
TimeStampUTC:<now-1M\/M
TimeStampUTC:>now-1M\/M
TimeStampUTC:"now/y"
TimeStampUTC:<now\/y
TimeStampUTC:>now-1y\/y
TimeStampUTC:[now-1y TO now-1M]
TimeStampUTC:[now-36H TO now-d]
TimeStampUTC:[now/d+1h TO now/d+12h]
TimeStampUTC:[now/d-1s TO now/d+1s]
TimeStampUTC:now-5m
NOT TimeStampUTC:[now-1d TO *]
Level:ERROR AND TimeStampUTC:>=now-1d\/d
"""


def _lines(text):
    return [line.encode().decode("raw_unicode_escape")
            if "\\u" in line.lower() else line
            for line in text.strip("\n").split("\n")]


def queries(now):
    """All that is written by hand. \\uXXXX stands for its character in some,
    for the query language's own escape where that means the same."""
    days = {"today": now.strftime("%Y-%m-%d"),
            "yesterday": (now - DAY).strftime("%Y-%m-%d")}
    return _lines(PLAIN) + [line.format(**days) for line in _lines(TIMES)]


WORDS = ["foo", "bar", "baz", "FOO", "payment", "Payment", "PAY_IN", "refused",
         "foo-bar", "foo.bar", "a", "b", "x", "and", "404", "3.14", "can't",
         "10.0.0.1", "\u4e2d", "\u4e2d\u6587", "\u00c4rger", "end", "ok", "___",
         "text", "some", "\u0130stanbul", "user@example.com", "#1", "word"]
PATTERNS = ["foo*", "FOO*", "pay*", "*oo", "f?o", "?", "??", "P*", "*a*", "b*r",
            "foo-b*", "?*", "\u4e2d*", "*.*", "a*b*", "x*", "F?O*"]
REGEXES = ["/fo+/", "/[a-z]+/", "/PAY.*/", "/(foo|bar).*/", "/.{3}/", "/[0-9.]+/",
           "/.*o.*/", "/[^a-z]+/", "/a.b/", "/(a|b|x)?/"]
VALUES = {
    "Level": ["INFO", "ERROR", "DEBUG"],
    "ServiceKey": ["PAY", "FORUM", "forum", '"PAY BACK"', "P*", "?AY", "/F.*/",
                   "[A TO G]", ">FORUM", "UNKNOWN"],
    "RequestKey": ["r-1", "r-2", "*", "r*", '""'],
    "AdditionalFlat.user": ["bob", "5", "true", "bo*", "*", '""'],
    "AdditionalFlat.user.name": ["bob", "al", "*"],
    "AdditionalNum.ms": ["200", ">=200", "<300", "[200 TO 299]", "*", "{0 TO 400}"],
    "TimeStampUTC": [">=now-1d", "[now-1d/d TO now/d}", "<now-2h"],
}


def _quoted(rng):
    words = rng.choices(WORDS, k=rng.randint(1, 3))
    return '"' + rng.choice([" ", " ", "-", "_", "."]).join(words) + '"'


def _clause(rng):
    """One clause that stands for itself."""
    dice = rng.random()
    if dice < 0.25:
        field, values = rng.choice(list(VALUES.items()))
        return f"{field}:{rng.choice(values)}"
    field = rng.choice(["", "", "Title:", "Title.text:", "AdditionalText:"])
    value = rng.choice([lambda: rng.choice(WORDS), lambda: rng.choice(WORDS),
                        lambda: _quoted(rng), lambda: rng.choice(PATTERNS),
                        lambda: rng.choice(REGEXES)])()
    return field + value


def random_query(rng, depth=3):
    """A query in the subset, with what it may hold at any place."""
    if depth == 0 or rng.random() < 0.3:
        return _clause(rng)
    dice = rng.random()
    if dice < 0.15:
        return " ".join(rng.choices(WORDS, k=rng.randint(2, 4)))
    if dice < 0.25:
        words = rng.choice([" ", " OR ", " AND "]).join(
            rng.choices(WORDS, k=rng.randint(1, 3)))
        return rng.choice(["Title.text:", "AdditionalText:"]) + f"({words})"
    inner = [random_query(rng, depth - 1) for _ in range(rng.randint(2, 3))]
    if dice < 0.35:
        return " ".join(rng.choice("+-") + f"({part})" for part in inner)
    if dice < 0.5:
        # Words beside each other and beside other clauses.
        return " ".join(rng.choice([rng.choice(WORDS), _clause(rng)])
                        for _ in range(rng.randint(2, 5)))
    parts = [f"(NOT ({part}))" if rng.random() < 0.2 else f"({part})"
             for part in inner]
    return rng.choice([" AND ", " OR ", " ", " && ", " || "]).join(parts)
