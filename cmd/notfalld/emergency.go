package main

type emergencyCmds struct {
	Trigger emergencyTriggerCmd `cmd:"" help:"Trigger an emergency."`
	List    emergencyListCmd    `cmd:"" help:"What is overdue and what is due first; then what is done."`
	Show    emergencyShowCmd    `cmd:"" help:"One emergency with its tickets, alarms, mails and history."`
	Ack     emergencyAckCmd     `cmd:"" help:"A technician has taken over: reminders end."`
	Called  emergencyCalledCmd  `cmd:"" help:"The customer was called back."`
	Resolve emergencyResolveCmd `cmd:"" help:"It is over."`
	Cancel  emergencyCancelCmd  `cmd:"" help:"It was none: customers who were told otherwise get a correction."`
}

// Help is the detail that --help shows.
func (emergencyCmds) Help() string {
	return `For example:

    notfalld emergency list --open
    notfalld emergency ack NE-10001`
}
