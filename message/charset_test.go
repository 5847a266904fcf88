package message

import "testing"

// TestDecodeText: bytes, the charset they claim, and what a human would read.
func TestDecodeText(t *testing.T) {
	for _, c := range []struct{ name, bytes, charset, want string }{
		{"ASCII", "plain", "us-ascii", "plain"},
		{"UTF-8", "Grüße", "utf-8", "Grüße"},
		{"Latin-1", "Gr\xfc\xdfe", "iso-8859-1", "Grüße"},
		{"windows-1252 called Latin-1", "\x84Fehler\x93 \x80 5 \x96 \x85", "iso-8859-1", "„Fehler“ € 5 – …"},
		{"windows-1252 called ASCII", "Gr\xfc\xdfe", "us-ascii", "Grüße"},
		{"windows-1252 without a charset", "Gr\xfc\xdfe", "", "Grüße"},
		{"windows-1252 called UTF-8", "Gr\xfc\xdfe aus K\xf6ln", "utf-8", "Grüße aus Köln"},
		{"UTF-8 called Latin-1", "Grüße – „hier“", "iso-8859-1", "Grüße – „hier“"},
		{"UTF-8 called windows-1252", "Grüße €", "windows-1252", "Grüße €"},
		{"UTF-8 called Latin-2", "Grüße €", "iso-8859-2", "Grüße €"},
		{"UTF-8 without a charset", "Grüße", "", "Grüße"},
		{"UTF-8 called ASCII", "Grüße", "US-ASCII", "Grüße"},
		{"unknown charset, UTF-8", "Grüße", "x-mac-klingon", "Grüße"},
		{"unknown charset, windows-1252", "Gr\xfc\xdfe", "x-mac-klingon", "Grüße"},
		{"Latin-9 euro", "48 \xa4", "iso-8859-15", "48 €"},
		{"windows-1252 called Latin-9", "\x84so\x93 \xa4", "iso-8859-15", "„so“ ¤"},
		{"Latin-2", "\xb3\xf3d\xbc", "iso-8859-2", "łódź"},
		{"windows-1250", "\x8a\x9d", "cp1250", "Šť"},
		{"KOI8-R", "\xf3\xe5\xf2\xf7\xe5\xf2", "koi8-r", "СЕРВЕР"},
		{"DOS", "Gr\x81\xe1e", "cp850", "Grüße"},
		{"Macintosh", "Gr\x9f\xa7e", "macintosh", "Grüße"},
		{"Shift JIS", "\x83T\x81[\x83o", "shift_jis", "サーバ"},
		{"GBK that is valid UTF-8, too", "\xc1\xaa\xcd\xa8", "gbk", "联通"},
		{"GB2312", "\xb7\xfe\xce\xf1\xc6\xf7", "gb2312", "服务器"},
		{"ISO-2022-JP", "\x1b$B%5!<%P\x1b(B", "iso-2022-jp", "サーバ"},
		{"UTF-16 by its mark", "\xff\xfeG\x00r\x00\xfc\x00", "", "Grü"},
		{"UTF-16BE", "\x00G\x00r\x00\xfc", "utf-16be", "Grü"},
		{"UTF-7", "Gr+APwA3w-e +- mehr", "utf-7", "Grüße + mehr"},
		{"mark of UTF-8", "\xef\xbb\xbfHallo", "iso-8859-1", "Hallo"},
		{"UTF-8 with a quoted Latin-1 letter", "Grüße aus K\xf6ln", "utf-8", "Grüße aus Köln"},
		{"UTF-8 torn at the end", "Grü\xc3", "utf-8", "Grü\uFFFD"},
		{"charset in quotes, twice", "Gr\xfc", `"charset=iso-8859-1"`, "Grü"},
		{"charset with underscores", "Gr\xfc", "ISO_8859-1", "Grü"},
		{"NUL and controls", "a\x00b\x07c\x7fd\te\r\nf\rg", "utf-8", "abcd\te\nf\ng"},
		{"terminal colours", "\x1b[31mFAILED\x1b[0m ok", "utf-8", "FAILED ok"},
		{"blanks that do not break, soft hyphens", "0664\u00a0555 Ser\u00adver", "utf-8", "0664 555 Server"},
		{"C1 controls in windows-1252", "a\x81b", "windows-1252", "a\uFFFDb"},
		{"replacement charset", "abc", "iso-2022-kr", "abc"},
	} {
		if got := decodeText([]byte(c.bytes), c.charset); got != c.want {
			t.Errorf("%s: %q as %q gives %q, want %q", c.name, c.bytes, c.charset, got, c.want)
		}
	}
}

// TestDecodeHeader: header values as clients write them (RFC 2047 and what is made of it).
func TestDecodeHeader(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"Notfall-Support", "Notfall-Support"},
		{"=?utf-8?Q?St=C3=B6rung?=", "Störung"},
		{"=?iso-8859-1?q?St=F6rung=20hier?=", "Störung hier"},
		{"=?UTF-8?B?U3TDtnJ1bmc=?=", "Störung"},
		{"=?UTF-8?B?U3TDtnJ1bmc?=", "Störung"},
		{"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"},
		{"=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"},
		{"x =?utf-8?Q?a_b?= y", "x a b y"},
		{"=?utf-8?Q?St=C3?= =?utf-8?Q?=B6rung?=", "Störung"},                        // torn inside a character
		{"=?utf-8?B?U3TD?= =?utf-8?B?tnJ1bmc=?=", "Störung"},                        // torn, base64
		{"=?utf-8?B?U3TDt?= =?utf-8?B?nJ1bmc=?=", "Störung"},                        // torn inside a quantum
		{"=?iso-8859-1?Q?=FC?= =?utf-8?Q?=C3=BC?=", "üü"},                           // two charsets
		{"=?utf-8?Q?Notfall Support?=", "Notfall Support"},                          // blanks inside
		{"=?utf-8?Q?Server =3D tot?=", "Server = tot"},                              //
		{"=?utf-8?Q?=C3=9Cber?=weg", "Überweg"},                                     // glued
		{"Re:=?utf-8?Q?=C3=9Cber?=", "Re:Über"},                                     // glued
		{"\"=?utf-8?Q?M=C3=BCller=2C_Eva?=\" <e@f.at>", "\"Müller, Eva\" <e@f.at>"}, // in quotes
		{"=?utf-8*de?Q?=C3=9Cber?=", "Über"},                                        // RFC 2231, 5
		{"=?utf-8?Q?St=C3=B6rung am Server", "Störung am Server"},                   // never ended
		{"=?utf-8?X?abc?=", "=?utf-8?X?abc?="},                                      // no such encoding
		{"=?utf-8?Q?", "=?utf-8?Q?"},
		{"a =? b ?= c", "a =? b ?= c"},
		{"=?utf-8?Q?100=25?= =?utf-8?Q?_voll?=", "100% voll"},
		{"=?utf-8?Q?=zz=3?=", "=zz=3"},
		{"=?x-unknown?Q?Gr=FC=DFe?=", "Grüße"},
		{"=?iso-8859-1?Q?=E2=82=AC?=", "€"}, // UTF-8 under a false name
		{"St\xf6rung", "Störung"},           // raw bytes
		{"Störung", "Störung"},
		{"a\tb   c", "a b c"},
		{"NUL\x00 und \x07", "NUL und"},
		{"=?utf-8?Q?a=0D=0AX-Header:_b?=", "a X-Header: b"}, // no second line through an encoded word
	} {
		if got := decodeHeader(c.raw); got != c.want {
			t.Errorf("%q gives %q, want %q", c.raw, got, c.want)
		}
	}
}

// TestParams: Content-Type and Content-Disposition values.
func TestParams(t *testing.T) {
	for _, c := range []struct{ field, name, value, want string }{
		{`text/plain; charset=UTF-8`, "charset", "text/plain", "UTF-8"},
		{`Text/Plain; Charset="utf-8"`, "charset", "text/plain", "utf-8"},
		{`text/plain charset=utf-8`, "charset", "text/plain", "utf-8"},
		{`text/plain; (comment; here) charset=utf-8`, "charset", "text/plain", ""},
		{`text/plain; charset = utf-8 (yes)`, "charset", "text/plain", "utf-8"},
		{`attachment; filename="a;b.txt"`, "filename", "attachment", "a;b.txt"},
		{`attachment; filename="a \"b\".txt"`, "filename", "attachment", `a "b".txt`},
		{`attachment; filename="unended.txt`, "filename", "attachment", "unended.txt"},
		{`attachment; filename=two words.txt`, "filename", "attachment", "two words.txt"},
		{`attachment; filename=`, "filename", "attachment", ""},
		{`attachment; filename*=UTF-8''St%C3%B6rung.log`, "filename", "attachment", "Störung.log"},
		{`attachment; filename*=iso-8859-15''%A4.log`, "filename", "attachment", "€.log"},
		{`attachment; filename*=UTF-8''100%.log`, "filename", "attachment", "100%.log"},
		{`attachment; filename*=St%C3%B6r.log`, "filename", "attachment", "Stör.log"},
		{`attachment; filename*1="c.log"; filename*0="ab"`, "filename", "attachment", "abc.log"},
		{`attachment; filename*0*=utf-8''a%20; filename*1=b; filename*2*=%20c`, "filename", "attachment", "a b c"},
		{`attachment; filename*0="a"; filename*0="b"`, "filename", "attachment", "a"},
		{`attachment; filename="old.txt"; filename*=utf-8''neu.txt`, "filename", "attachment", "neu.txt"},
		{`attachment; filename*0="=?utf-8?Q?=C3=9C"; filename*1="ber.txt?="`, "filename", "attachment", "Über.txt"},
		{`multipart/mixed; boundary="a=b;c"`, "boundary", "multipart/mixed", "a=b;c"},
		{`multipart/mixed; boundary=a; boundary=b`, "boundary", "multipart/mixed", "a"},
	} {
		value, params := parseParams(c.field, 100)
		if value != c.value || params[c.name] != c.want {
			t.Errorf("%s: value %q, %s %q, want %q and %q", c.field, value, c.name, params[c.name], c.value, c.want)
		}
	}
}

// TestMediaType: types that are none.
func TestMediaType(t *testing.T) {
	for _, c := range []struct{ field, want string }{
		{"", "text/plain"}, {"text", "text/plain"}, {"html", "text/html"}, {"text/", "text/plain"}, {"garbage", "text/plain"},
		{`name="x.pdf"`, "application/octet-stream"}, {"application/pdf", "application/pdf"}, {"a/b/c; x=y", "a/b"},
		{"multipart; boundary=x", "multipart/mixed"}, {" TEXT/HTML ; charset=x", "text/html"},
	} {
		if got, _ := parseMediaType(c.field, 100); got != c.want {
			t.Errorf("%q gives %q, want %q", c.field, got, c.want)
		}
	}
	if _, params := parseMediaType("text/plain; boundary=x", 100); params["boundary"] != "" {
		t.Error("text keeps a boundary, and enmime would look for parts in it")
	}
}
