package ticket

// Names of commands that the code asks for.
const (
	nameNote = "note"
	nameHelp = "help"
)

// commandTable is all that a mail of staff can ask for. The commands of one mail are executed in the order of the table, whatever the order of their
// lines: "#ack" above "#link NE-10001" takes over NE-10001. What contradicts what:
//
//   - the same command twice with different arguments; but #time may stand there once for each kind of work
//   - #link and #unlink; #unlink and what an emergency's technician says, for it is not clear of which emergency
//   - #assign and #close: nobody has to look after what is closed
//   - #noanswer and #called, #noanswer and #resolve: the customer would be told to wait for a call that nobody makes
//
// #ack, #called and #resolve do not: they are steps of one way.
func commandTable() []commandKind {
	return []commandKind{
		{
			name: nameNote, aliases: []string{"notiz", "intern", "internal"}, usage: "#note TEXT", right: RightTicket, check: anyArgs,
			says: words{"der Rest der Zeile und alles darunter bleibt intern", "the rest of the line and all below stays internal"},
		},
		{
			name: "assign", aliases: []string{"zuweisen", "zustaendig"}, usage: "#assign NAME", right: RightTicket, check: checkAssign, run: (*Desk).runAssign,
			says: words{"wer sich um das Ticket kümmert; #assign me: ich", "who looks after the ticket; #assign me: I do"},
		},
		{
			name: "time", aliases: []string{"zeit", "aufwand"}, usage: "#time 45m app", right: RightTicket, check: checkTime, same: sameTime, run: (*Desk).runTime,
			says: words{"Arbeitszeit, an der Anwendung (app) oder der Infrastruktur (infra)", "time worked, on the application (app) or the infrastructure (infra)"},
		},
		{
			name: "servers", aliases: []string{"server"}, usage: "#servers web01.firma.at db02", right: RightTicket, check: checkServers, run: (*Desk).runServers,
			says: words{"um diese Server geht es, um keine anderen", "these are the servers it is about, and no others"},
		},
		{
			name: "link", aliases: []string{"verknuepfen", "verknuepfe"}, usage: "#link NE-10001", right: RightTicket, check: checkLink, run: (*Desk).runLink,
			not:  []string{"unlink"},
			says: words{"das Ticket gehört zu diesem Notfall", "the ticket belongs to this emergency"},
		},
		{
			name: "unlink", aliases: []string{"trennen"}, usage: "#unlink", right: RightTicket, check: noArgs("unlink"), run: (*Desk).runUnlink,
			not:  []string{"ack", "called", "noanswer", "resolve"},
			says: words{"das Ticket gehört nicht zum Notfall", "the ticket does not belong to the emergency"},
		},
		{
			name: "ack", aliases: []string{"uebernehmen", "uebernommen", "acknowledge"}, usage: "#ack", right: RightEmergency, check: noArgs("ack"), run: (*Desk).runAck,
			says: words{"ich übernehme den Notfall", "I take the emergency over"},
		},
		{
			name: "called", aliases: []string{"angerufen", "zurueckgerufen"}, usage: "#called", right: RightEmergency, check: noArgs("called"), run: (*Desk).runCalled,
			says: words{"der Kunde ist angerufen worden", "the customer has been called"},
		},
		{
			name: "noanswer", aliases: []string{"nichterreicht"}, usage: "#noanswer 15m", right: RightEmergency, check: checkTry, run: (*Desk).runNoAnswer,
			not:  []string{"called", "resolve"},
			says: words{"niemand hat abgehoben; der Kunde erfährt, wann wir es wieder versuchen (auch: #noanswer 02:50)", "nobody picked up; the customer is told when we try again (or: #noanswer 02:50)"},
		},
		{
			name: "resolve", aliases: []string{"behoben", "resolved"}, usage: "#resolve", right: RightEmergency, check: noArgs("resolve"), run: (*Desk).runResolve,
			says: words{"der Notfall ist erledigt", "the emergency is done"},
		},
		{
			name: "close", aliases: []string{"schliessen"}, usage: "#close", right: RightTicket, check: noArgs("close"), run: (*Desk).runClose,
			not:  []string{"assign"},
			says: words{"das Ticket schließen", "closes the ticket"},
		},
		{
			name: nameHelp, aliases: []string{"hilfe"}, usage: "#help", right: RightRead, check: anyArgs, run: (*Desk).runHelp,
			says: words{"diese Liste", "this list"},
		},
	}
}
