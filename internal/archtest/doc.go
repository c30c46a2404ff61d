// Package archtest holds the tests that keep the house in order: who may
// import whom, what the domain must not know, and that every control in the
// hazard log names a test that exists.
//
// Tests of what the hub does, and code that anything else imports, do not
// belong here.
package archtest
