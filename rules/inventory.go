package rules

// Inventory is the servers that the company knows, and whose they are.
type Inventory struct{}
