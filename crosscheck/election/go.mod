// The engine's own election, timed on real clusters: a module of its own, for it needs redis-server or valkey-server and
// half an hour. The main module's tests read what it wrote.
module failsim/crosscheck/election

go 1.26
