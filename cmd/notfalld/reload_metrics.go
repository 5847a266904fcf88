package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"notfalld/ticket"
)

// ruleMetrics is the set in force, as a label: it changes while the daemon runs.
type ruleMetrics struct {
	desk *ticket.Desk
	desc *prometheus.Desc
}

func newRuleMetrics(d *ticket.Desk) ruleMetrics {
	return ruleMetrics{d, prometheus.NewDesc("notfalld_rules_info", "The rule set in force.", []string{"hash"}, nil)}
}

// Describe is prometheus.Collector.
func (m ruleMetrics) Describe(c chan<- *prometheus.Desc) { c <- m.desc }

// Collect is prometheus.Collector.
func (m ruleMetrics) Collect(c chan<- prometheus.Metric) {
	c <- prometheus.MustNewConstMetric(m.desc, prometheus.GaugeValue, 1, m.desk.RulesHash())
}
