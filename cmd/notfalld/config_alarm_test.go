package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notfalld/outbox"
	"notfalld/ticket"
)

// TestAlarmOfTheExample: what the example shows of the alarm as comments is right, too.
func TestAlarmOfTheExample(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "oncall.secret"), []byte("whsec_ZWluIGdlaGVpbWVyIFNjaGzDvHNzZWwgZGVyIFRlc3Rz\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	within := false
	for line := range strings.Lines(read(t, "../../docs/notfalld.example.yaml")) {
		if line[0] != ' ' {
			within = strings.HasPrefix(line, "alarm:")
		}
		if within {
			if shown, ok := strings.CutPrefix(line, "  # "); ok {
				line = "  " + shown
			}
			if strings.HasPrefix(line, "  channels: []") {
				continue
			}
		}
		text.WriteString(line)
	}
	file := filepath.Join(dir, "notfalld.yaml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems := loadConfig(file, func(name string) (string, bool) {
		v, ok := map[string]string{"PAGERDUTY_KEY": "0123456789abcdef0123456789abcdef", "CHAT_TOKEN": "geheim"}[name]
		return v, ok
	})
	if len(problems) > 0 || len(c.Alarm.Channels) != 4 {
		t.Fatalf("%v in\n%s", problems, text.String())
	}
	shipped := &Config{}
	shipped.SetDefaults()
	if d := cmp.Diff(shipped.Alarm.EscalateAfter, c.Alarm.EscalateAfter); d != "" || !cmp.Equal(ticket.DefaultReminders(), c.Alarm.Reminders) {
		t.Errorf("the example shows other defaults: %s%v", d, c.Alarm.Reminders)
	}
}

// TestAlarmReachesTheRooms: what is configured is what the desk and the pager are told.
func TestAlarmReachesTheRooms(t *testing.T) {
	c := mustLoad(t, "testdata/config/good-alarm.yaml")
	o, err := c.ticketOptions()
	if err != nil {
		t.Fatal(err)
	}
	var got []ticket.Channel
	for _, ch := range o.Alarm.Channels {
		if (ch.Body != nil) != (ch.Type == ticket.ChannelJSON) {
			t.Errorf("%s: body %v", ch.Name, ch.Body)
		}
		ch.Body = nil
		got = append(got, ch)
	}
	want := []ticket.Channel{{Name: "oncall", Type: "webhook"}, {Name: "oncall-file", Type: "webhook"}, {Name: "sms", Type: "mail", Address: "4366412345678@sms.muster-server.at"},
		{Name: "pd", Type: "pagerduty", RoutingKey: "0123456789abcdef0123456789abcdef"}, {Name: "pd-like", Type: "pagerduty", RoutingKey: "geheim"}, {Name: "chat", Type: "json"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("channels (-want +got):\n%s", d)
	}
	if o.Alarm.API != ticket.AlarmChannels || o.Alarm.EscalateAfter != 45*time.Second || !cmp.Equal(o.Alarm.Reminders, []time.Duration{10 * time.Minute, 20 * time.Minute, 30 * time.Minute}) {
		t.Errorf("%+v", o.Alarm)
	}
	const secret = "whsec_bXVzdGVyLXNlcnZlci1nZWhlaW1uaXMtMDEyMzQ1Njc4OQ=="
	ends := map[string]outbox.Endpoint{
		"oncall":      {URL: "https://alarm.muster-server.at/hook/geheim", Secret: secret, Header: map[string]string{"X-Team": "support"}},
		"oncall-file": {URL: "http://127.0.0.1:9000/hook", Secret: secret, Header: map[string]string{}},
		"pd":          {URL: pagerDutyURL},
		"pd-like":     {URL: "https://oncall.muster-server.at/integrations/v1/pagerduty"},
		"chat":        {URL: "https://chat.muster-server.at/hooks/aus-der-umgebung", Header: map[string]string{"Authorization": "Bearer geheim-geheim", "X-Key": "aus-der-umgebung"}},
	}
	if d := cmp.Diff(ends, c.endpoints()); d != "" {
		t.Errorf("endpoints (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]time.Duration{20 * time.Minute, 40 * time.Minute, 50 * time.Minute, time.Hour}, defaultReminders(time.Hour)); d != "" {
		t.Errorf("reminders of a call back within the hour (-want +got):\n%s", d)
	}
}
