package rules

// conditionFunction is an operator or a function that conditions may use; there are no others.
type conditionFunction struct {
	name    string
	style   callStyle
	args    int    // without what stands before the dot
	form    string // how it is written
	doc     string // one line for admins
	example string // a whole condition
}

// callStyle says where a function's first value stands.
type callStyle int

const (
	operator callStyle = iota // between or before its values: a && b, !a
	member                    // behind a dot: text.contains("x")
	global                    // before brackets: size(list)
	either                    // both
	loop                      // behind a dot, and gives each member a name: list.exists(x, …)
)

// conditionFunctions is everything that conditions can do; docs/rules.md shows it as a table.
var conditionFunctions = []conditionFunction{
	{name: "&&", form: "a && b", doc: "both", example: `support_open && mail.automatic == "none"`},
	{name: "||", form: "a || b", doc: "one of them, or both", example: `language == "en" || language == ""`},
	{name: "!", form: "!a", doc: "not", example: `!support_open`},
	{name: "==", form: "a == b", doc: "equal; texts letter by letter", example: `mail.from == "alarm@firma.at"`},
	{name: "!=", form: "a != b", doc: "not equal", example: `customer_number != ""`},
	{name: "<", form: "a < b, <=, >, >=", doc: "smaller, greater; times: earlier, later", example: `mail.size > 20000000`},
	{name: "in", form: `a in ["x", "y"], a in list`, doc: "one of", example: `customer_number in ["104711", "20817"]`},
	{name: "?:", form: "a ? b : c", doc: "b where a is true, else c", example: `support_open ? broken.ways > 1 : broken.any`},
	{name: "+", form: "a + b, -, *, /, %", doc: "arithmetic; texts and lists are joined by +", example: `servers.size() + errors.size() > 1`},
	{name: "[]", form: "list[0]", doc: "a member by its place, from 0; one that is not there fails the condition", example: `servers.size() > 0 && servers[0].startsWith("db")`},

	{name: "contains", style: member, args: 1, form: "text.contains(text)", doc: "whether it stands somewhere in it, letter by letter", example: `mail.subject.contains("[Alarm]")`},
	{name: "startsWith", style: member, args: 1, form: "text.startsWith(text)", doc: "whether it begins so", example: `mail.from.startsWith("root@")`},
	{name: "endsWith", style: member, args: 1, form: "text.endsWith(text)", doc: "whether it ends so", example: `mail.from_domain.endsWith(".firma.at")`},
	{name: "matches", style: member, args: 1, form: "text.matches(r'pattern')", doc: "whether a regular expression (RE2) is found in it; ^ and $ are line ends", example: `mail.subject.matches(r'(?i)^ticket#\d+')`},
	{name: "fold", style: global, args: 1, form: "fold(text)", doc: "the text as words are compared: lower case, ä as ae, ß as ss, accents dropped, dashes and quotation marks of one kind", example: `fold(mail.subject).contains("stoerung")`},
	{name: "lowerAscii", style: member, args: 0, form: "text.lowerAscii()", doc: "the text with A to Z in lower case", example: `mail.attachments.exists(a, a.lowerAscii().endsWith(".log"))`},
	{name: "get", style: member, args: 1, form: "table.get(text)", doc: `the value of a name, in any case of letters; "" or 0 if it is not there`, example: `mail.headers.get("X-Priority") == "1"`},
	{name: "size", style: either, args: 0, form: "list.size()", doc: "how many members a list or a table has, or characters a text", example: `errors.size() > 0`},

	{name: "exists", style: loop, args: 2, form: "list.exists(x, condition)", doc: "whether it holds for one member at least", example: `mail.to.exists(a, a.endsWith("@hoster.at"))`},
	{name: "all", style: loop, args: 2, form: "list.all(x, condition)", doc: "whether it holds for every member; true of an empty list", example: `servers.size() > 0 && servers.all(s, s.endsWith(".test"))`},
	{name: "exists_one", style: loop, args: 2, form: "list.exists_one(x, condition)", doc: "whether it holds for exactly one", example: `servers.exists_one(s, s.startsWith("db"))`},
	{name: "filter", style: loop, args: 2, form: "list.filter(x, condition)", doc: "those members for which it holds", example: `mail.to.filter(a, a.endsWith("@firma.at")).size() > 3`},
	{name: "map", style: loop, args: 2, form: "list.map(x, value)", doc: "the list of a value for each member", example: `"error.log" in mail.attachments.map(a, a.lowerAscii())`},

	{name: "int", style: global, args: 1, form: "int(text)", doc: "the number that a text is; any other text fails the condition", example: `int(mail.headers.get("X-Spam-Level")) > 5`},
	{name: "double", style: global, args: 1, form: "double(text)", doc: "the same with decimals", example: `double(mail.headers.get("X-Spam-Score")) > 7.5`},
	{name: "string", style: global, args: 1, form: "string(number)", doc: "a number as text", example: `mail.subject.contains(string(servers.size()))`},
	{name: "timestamp", style: global, args: 1, form: `timestamp("2026-12-24T00:00:00Z")`, doc: "a moment (RFC 3339)", example: `now < timestamp("2026-12-24T00:00:00+01:00")`},
	{name: "duration", style: global, args: 1, form: `duration("90m")`, doc: "a length of time, in h, m, s", example: `now > timestamp("2026-12-24T00:00:00+01:00") + duration("36h")`},
	{name: "getHours", style: member, args: 0, form: "now.getHours()", doc: "0 to 23", example: `now.getHours() < 7 || now.getHours() >= 19`},
	{name: "getMinutes", style: member, args: 0, form: "now.getMinutes()", doc: "0 to 59", example: `now.getHours() * 60 + now.getMinutes() >= 17 * 60 + 30`},
	{name: "getDayOfWeek", style: member, args: 0, form: "now.getDayOfWeek()", doc: "0 is Sunday, 6 Saturday", example: `now.getDayOfWeek() in [0, 6]`},
	{name: "getDate", style: member, args: 0, form: "now.getDate()", doc: "day of the month, 1 to 31", example: `now.getDate() == 1`},
	{name: "getMonth", style: member, args: 0, form: "now.getMonth()", doc: "0 is January, 11 December", example: `now.getMonth() == 11`},
	{name: "getFullYear", style: member, args: 0, form: "now.getFullYear()", doc: "the year", example: `now.getFullYear() == 2026`},
}

// findFunction finds a function, not an operator, by its name.
func findFunction(name string) *conditionFunction {
	for i := range conditionFunctions {
		if f := &conditionFunctions[i]; f.name == name && f.style != operator {
			return f
		}
	}
	return nil
}

// otherNames are what the functions are called in other languages, in lower case.
var otherNames = map[string]string{
	"tolower": "lowerAscii", "lower": "lowerAscii", "lowercase": "lowerAscii", "downcase": "lowerAscii", "tolowercase": "lowerAscii", "upperascii": "lowerAscii", "toupper": "lowerAscii", "upper": "lowerAscii",
	"length": "size", "len": "size", "count": "size", "includes": "contains", "include": "contains", "has": "contains", "like": "contains", "find": "contains", "indexof": "contains", "strpos": "contains",
	"starts_with": "startsWith", "hasprefix": "startsWith", "beginswith": "startsWith", "begins": "startsWith", "prefix": "startsWith", "ends_with": "endsWith", "hassuffix": "endsWith", "suffix": "endsWith",
	"match": "matches", "regex": "matches", "regexp": "matches", "search": "matches", "test": "matches", "any": "exists", "some": "exists", "every": "all", "one": "exists_one", "select": "filter",
	"gethour": "getHours", "hour": "getHours", "hours": "getHours", "weekday": "getDayOfWeek", "getday": "getDayOfWeek", "dayofweek": "getDayOfWeek", "getminute": "getMinutes", "getyear": "getFullYear", "header": "get", "getdayofmonth": "getDate",
	"number": "int", "integer": "int", "float": "double", "str": "string", "text": "string", "normalize": "fold", "casefold": "fold", "time": "timestamp", "date": "timestamp",
}
