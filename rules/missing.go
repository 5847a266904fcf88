package rules

// missing names what a good mail holds and this one does not, in the order in which it is asked for.
func missing(f Facts) []string {
	var out []string
	ask := func(name string, absent bool) {
		if absent {
			out = append(out, name)
		}
	}
	ask(MissingProblem, f.Problem == "")
	ask(MissingServers, len(f.Servers) == 0)
	ask(MissingError, len(f.Errors) == 0)
	ask(MissingCustomerNumber, f.CustomerNumber == "")
	ask(MissingPhone, len(f.Phones) == 0)
	ask(MissingReproduction, f.Reproduction == "")
	ask(MissingChanges, f.Changes == "")
	return out
}
