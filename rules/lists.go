package rules

// vocabulary is the words that the built-in finders read. Each field comes from the list of its name in the rule
// files, so that an admin can add to it, take from it or replace it.
type vocabulary struct {
	ourSubjects []string // folded, without blanks and hyphens
	loneWords   map[string]bool
	services    *lexicon
	faint       map[string]bool
	supposing   *lexicon // the id is supposes, isPast or isNow

	roles, strongRoles, shortRoles        map[string]bool
	hostBefore, between, generic          map[string]bool
	notHosts, countedThings, productStems map[string]bool
	nameRoles, beforeNames, behindNames   map[string]bool
	commonBefore                          map[string]bool
	consulting, madeBy                    *lexicon
	speechEndings                         []string
	thirdParties, trackers, fileEndings   map[string]bool
	privateEndings, resolvers             map[string]bool
	errorWords, mildWords, harmlessWords  *lexicon
	failingWords, recoveredWords          *lexicon
	introWords, proseWords, knownMessages *lexicon
	senderWords, machinePhrases           *lexicon
	knownTokens, nameWords                map[string]bool
	heads                                 [256][]string // by their first byte, in their order
	statusPhrases, labels                 []string
	programs, commandWords                map[string]bool

	customerLabels, otherNumbers *lexicon
	countedBehind                *lexicon
	customerWeak, fillers        map[string]bool
	phoneLabels, notPhones       map[string]bool
	extensionLabels              map[string]bool
	extensionFillers             map[string]bool

	headings                         *lexicon // the id is the topic
	saysHow, saysChange, notAChange  *lexicon
	seenThen, notAStep               *lexicon
	stepVerbs, modalVerbs            map[string]bool
	notASubject                      map[string]bool
	nobody, didAnything              *lexicon
	timesOfChange, doneThen          *lexicon
	notNewThings                     *lexicon
	saysProblem, greetings, closings *lexicon
	contactMarks                     []*lexicon // each a sign of another kind
	letterWords                      *lexicon
	stopWords                        *lexicon // the id is german, english or foreign
	freemail                         map[string]bool
}

// newVocabulary takes the lists that the finders read out of all lists.
func newVocabulary(lists map[string][]string) *vocabulary {
	lex := func(names ...string) *lexicon {
		all := make([][]string, len(names))
		for i, n := range names {
			all[i] = lists[n]
		}
		return newLexicon(all...)
	}
	set := func(name string) map[string]bool { return setOf(folded(lists[name])...) }
	v := &vocabulary{
		ourSubjects: folded(lists["our-subjects"]), loneWords: set("our-subject-words"),
		services: lex("services"), faint: set("faint-words"),
		supposing: lex("supposing-words", "past-words", "present-words"),

		roles: set("host-roles"), strongRoles: set("host-roles-strong"), shortRoles: set("host-roles-short"),
		hostBefore: set("words-before-hosts"), between: set("words-between"), generic: set("compound-words"),
		notHosts: set("not-hosts"), countedThings: set("counted-things"), productStems: set("product-stems"),
		nameRoles: set("host-roles-of-names"), beforeNames: set("words-before-hostnames"), behindNames: set("words-behind-hostnames"),
		commonBefore: set("words-before-roles"), consulting: lex("words-before-pages"), madeBy: lex("words-of-makers"),
		speechEndings: folded(lists["speech-endings"]),
		thirdParties:  set("third-parties"), trackers: set("tracking-labels"), fileEndings: set("file-endings"),
		privateEndings: set("private-endings"), resolvers: set("public-resolvers"),

		errorWords: lex("error-words"), mildWords: lex("mild-error-words"), harmlessWords: lex("harmless-words"), failingWords: lex("failing-words"), recoveredWords: lex("recovered-words"),
		introWords: lex("announcing-words"), proseWords: lex("prose-words"), knownMessages: lex("known-errors"),
		senderWords: lex("sender-words"), machinePhrases: lex("machine-phrases"),
		knownTokens: set("error-tokens"), nameWords: set("words-before-names"), statusPhrases: folded(lists["http-reasons"]), labels: folded(lists["message-labels"]),
		programs: set("programs"), commandWords: set("commands"),

		customerLabels: lex("customer-labels"), customerWeak: set("customer-labels-weak"),
		otherNumbers: lex("other-number-labels"), countedBehind: lex("words-behind-counts"), fillers: set("number-fillers"),
		phoneLabels: set("phone-labels"), notPhones: set("not-phone-labels"),
		extensionLabels: set("extension-labels"), extensionFillers: set("extension-fillers"),

		headings: lex("", "headings-problem", "headings-reproduction", "headings-changes", "headings-other"),
		saysHow:  lex("reproduction-words"), saysChange: lex("change-words"), notAChange: lex("request-words"),
		seenThen: lex("seen-then"), notAStep: lex("no-steps"),
		stepVerbs: set("step-verbs"), modalVerbs: set("verbs-of-wishes"), notASubject: set("words-of-requests"),
		nobody: lex("nobody"), didAnything: lex("did-anything"),
		timesOfChange: lex("times-of-changes"), doneThen: lex("done-then"), notNewThings: lex("not-new-things"),
		saysProblem: lex("problem-words"), greetings: lex("greetings"), closings: lex("closings"),
		contactMarks: []*lexicon{lex("contact-company"), lex("contact-phone"), lex("contact-fax"), lex("contact-register"), lex("contact-web"), lex("contact-street")},
		letterWords:  lex("letter-words"),
		stopWords:    lex("german-words", "english-words", "foreign-words"),
		freemail:     set("freemail"),
	}
	for _, h := range folded(lists["error-beginnings"]) {
		v.heads[h[0]] = append(v.heads[h[0]], h)
	}
	return v
}

// tokenLists are compared as a whole with a name, a domain or a line's beginning. In all other lists stand phrases, of
// words as splitWords cuts them.
var tokenLists = setOf("our-subjects", "our-subject-words", "faint-words", "host-roles", "host-roles-strong", "host-roles-short",
	"words-before-hosts", "words-between", "compound-words", "not-hosts", "counted-things", "product-stems",
	"host-roles-of-names", "words-before-hostnames", "words-behind-hostnames", "words-before-roles", "speech-endings", "third-parties", "tracking-labels",
	"file-endings", "private-endings", "public-resolvers", "error-tokens", "words-before-names", "error-beginnings", "http-reasons", "programs", "commands",
	"message-labels", "customer-labels-weak", "number-fillers", "phone-labels", "not-phone-labels", "extension-labels", "extension-fillers",
	"step-verbs", "verbs-of-wishes", "words-of-requests", "freemail")

// folded are the entries of a list as text is compared: "für" and "fuer" are one.
func folded(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if f := foldText(s); f != "" {
			out = append(out, f)
		}
	}
	return out
}

func setOf(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}
