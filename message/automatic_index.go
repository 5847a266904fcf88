package message

import (
	"math/bits"
	"strings"
)

// phraseList names one of the vocabularies that are looked for in a mail's text.
type phraseList int

const (
	saysBounce phraseList = iota
	saysDelay
	saysReceipt
	saysAbsence
	saysCompany
	saysAway
	saysReceived
	saysMachine
	saysMonitor
	saysNeed
	saysTrouble
	saysHuman
	namesThing
	saysFailed
	saysNoteCompany
	saysUnread
	saysGone
	saysUntil
	saysPresent
	saysChallenge
	saysCourtesy
	saysCondition
	saysYours
	saysRecorded
	saysPromise
	saysTimely
	saysAnswer
	saysThanks
	saysElsewhere
	saysClosedSelf
	saysReason
)

// textPhrases holds all of them.
var textPhrases = newPhraseIndex(
	bouncePhrases, delayPhrases, receiptPhrases, absencePhrases, absenceCompany, awaySelf,
	acknowledgePhrases, machinePhrases, monitorPhrases, needPhrases, troublePhrases, humanPhrases, thingPhrases,
	failedPhrases, noteCompany, unreadPhrases, gonePhrases, untilPhrases, presentPhrases, challengePhrases, courtesies, conditions,
	yoursPhrases, recordedPhrases, promisePhrases, timelyPhrases, answerPhrases, thanksPhrases, closedPhrases, closedSelf, reasonPhrases,
)

// A phraseIndex finds many phrases in one pass over a text: the first four bytes of a phrase are its
// key, and a small table says of nearly every place in a text that no phrase begins there.
type phraseIndex struct {
	phrases []string
	from    []int // of each list, in phrases; one more at the end
	begins  [1 << 10]uint64
	byKey   map[uint32][]int
}

// phraseHits are the phrases found, one bit each.
type phraseHits [32]uint64

// newPhraseIndex takes lists of folded phrases of four bytes at least, 2048 in all at most.
func newPhraseIndex(lists ...[]string) *phraseIndex {
	x := &phraseIndex{byKey: map[uint32][]int{}}
	for _, l := range lists {
		x.from = append(x.from, len(x.phrases))
		for _, p := range l {
			k := key4(p)
			h := hash4(k)
			x.begins[h>>6] |= 1 << (h & 63)
			x.byKey[k] = append(x.byKey[k], len(x.phrases))
			x.phrases = append(x.phrases, p)
		}
	}
	x.from = append(x.from, len(x.phrases))
	return x
}

func key4(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func hash4(k uint32) uint32 { return k * 2654435761 >> 16 }

// in finds the phrases that stand in folded text. Linear.
func (x *phraseIndex) in(text string) (hits phraseHits) {
	for i := 0; i+4 <= len(text); i++ {
		k := key4(text[i:])
		if h := hash4(k); x.begins[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, n := range x.byKey[k] {
			if strings.HasPrefix(text[i:], x.phrases[n]) {
				hits[n>>6] |= 1 << (n & 63)
			}
		}
	}
	return hits
}

// first is the first phrase of a list, in its order, among hits.
func (x *phraseIndex) first(hits *phraseHits, l phraseList) (string, bool) {
	for n := x.from[l]; n < x.from[l+1]; n++ {
		if hits[n>>6]&(1<<(n&63)) != 0 {
			return x.phrases[n], true
		}
	}
	return "", false
}

// count is how many phrases of a list are among hits, and the first of them.
func (x *phraseIndex) count(hits *phraseHits, l phraseList) (int, string) {
	n := 0
	for i := x.from[l]; i < x.from[l+1]; i++ {
		n += bits.OnesCount64(hits[i>>6] & (1 << (i & 63)))
	}
	p, _ := x.first(hits, l)
	return n, p
}
