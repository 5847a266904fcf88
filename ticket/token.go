package ticket

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"regexp"
	"strings"
)

// TokenKind is the letter that a token begins with.
type TokenKind byte

// The kinds of token.
const (
	CustomerToken TokenKind = 'c' // lets its holder's mails join a ticket
	StaffToken    TokenKind = 's' // goes to staff
	BounceToken   TokenKind = 'b' // names one outgoing mail, in its envelope sender
	ProbeToken    TokenKind = 'p' // names a probe of ours
)

// Subject says what the number in a token counts.
type Subject byte

// What a token can be about.
const (
	AboutTicket    Subject = 1
	AboutEmergency Subject = 2
	AboutOut       Subject = 3
)

// Token is a signed string of [a-z2-7]: it survives the local part of an address (which some systems
// turn to one case), a msg-id, and being retyped from a screen.
type Token struct {
	Kind    TokenKind
	Subject Subject
	ID      int64
	holder  [5]byte
}

// A token is its kind and 32 letters of base32: 1 byte subject, 4 bytes number, 5 bytes of the hash of
// whom it was issued to, 10 bytes of HMAC-SHA-256. 80 bits of signature cannot be guessed by mail.
const (
	tokenBody   = 10
	tokenMAC    = 10
	tokenLength = 1 + (tokenBody+tokenMAC)*8/5
)

var tokenAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// tokenShape finds what may be a token; it may stand inside a longer run of other characters, never of letters and digits.
var tokenShape = regexp.MustCompile(`(?i)(?:^|[^a-z0-9])([csbp][a-z2-7]{32})(?:[^a-z0-9]|$)`)

// Keys signs tokens and verifies them.
type Keys struct{ secret []byte }

// NewKeys takes the secret that all tokens of this installation are signed with.
func NewKeys(secret []byte) Keys { return Keys{secret: secret} }

// Issue makes the token of this kind about number id for the given address ("" for none).
func (k Keys) Issue(kind TokenKind, about Subject, id int64, holder string) string {
	var b [tokenBody]byte
	b[0] = byte(about)
	binary.BigEndian.PutUint32(b[1:5], uint32(id))
	h := holderHash(holder)
	copy(b[5:], h[:])
	return string(kind) + tokenAlphabet.EncodeToString(append(b[:], k.mac(kind, b[:])...))
}

// Read verifies one token.
func (k Keys) Read(s string) (Token, bool) {
	s = strings.ToLower(s)
	if len(s) != tokenLength {
		return Token{}, false
	}
	raw, err := tokenAlphabet.DecodeString(s[1:])
	if err != nil || len(raw) != tokenBody+tokenMAC {
		return Token{}, false
	}
	t := Token{Kind: TokenKind(s[0]), Subject: Subject(raw[0]), ID: int64(binary.BigEndian.Uint32(raw[1:5]))}
	copy(t.holder[:], raw[5:tokenBody])
	return t, hmac.Equal(raw[tokenBody:], k.mac(t.Kind, raw[:tokenBody]))
}

// Find returns the first token of the given kind in s that verifies.
func (k Keys) Find(s string, kind TokenKind) (Token, bool) {
	if all := k.FindAll(s, kind); len(all) > 0 {
		return all[0], true
	}
	return Token{}, false
}

// FindAll returns all tokens of the given kind in s that verify, in their order.
func (k Keys) FindAll(s string, kind TokenKind) []Token {
	var all []Token
	for len(s) >= tokenLength {
		at := tokenShape.FindStringSubmatchIndex(s)
		if at == nil {
			break
		}
		if t, ok := k.Read(s[at[2]:at[3]]); ok && t.Kind == kind {
			all = append(all, t)
		}
		s = s[at[3]:] // the separator behind one token may be the one before the next
	}
	return all
}

// IssuedTo says whether the token was given to this address.
func (t Token) IssuedTo(address string) bool { return t.holder == holderHash(address) }

func (k Keys) mac(kind TokenKind, body []byte) []byte {
	m := hmac.New(sha256.New, k.secret)
	m.Write([]byte{byte(kind)})
	m.Write(body)
	return m.Sum(nil)[:tokenMAC]
}

func holderHash(address string) (h [5]byte) {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(address))))
	copy(h[:], sum[:])
	return h
}
