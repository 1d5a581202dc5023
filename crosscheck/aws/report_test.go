package aws_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var reportFile = flag.String("report", "", "write what the tests counted to this file, for gameday.py")

// report is the SDK's row of results.md.
type report struct {
	Client     string `json:"client"`
	Version    string `json:"version"`
	Calls      int64  `json:"calls"`
	Answers    int64  `json:"answers"`    // those with a result
	Mismatches int64  `json:"mismatches"` // tests in which something is not as the API has it
}

// counted is what the SDK's clients of all tests did: requests, each attempt one, and answers with status 200; and the tests that failed.
var counted struct{ calls, answers, mismatches atomic.Int64 }

// countMismatch counts the test where it fails.
func countMismatch(t *testing.T) {
	t.Cleanup(func() {
		if t.Failed() {
			counted.mismatches.Add(1)
		}
	})
}

// writeReport writes what was counted, where somebody wants to know. A code that is not 0 says that a test failed.
func writeReport(code int) error {
	if *reportFile == "" {
		return nil
	}
	version, err := required("service/elasticache")
	if err != nil {
		return err
	}
	text, err := json.Marshal(report{
		Client: "aws-sdk-go-v2", Version: fmt.Sprintf("%s (service/elasticache %s)", aws.SDKVersion, version),
		Calls: counted.calls.Load(), Answers: counted.answers.Load(), Mismatches: max(counted.mismatches.Load(), int64(min(1, code))),
	})
	if err != nil {
		return err
	}
	return os.WriteFile(*reportFile, append(text, '\n'), 0o644)
}

// required is the version of a module of the SDK in go.mod; the build information of a test has none.
func required(module string) (string, error) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`(?m)^\tgithub\.com/aws/aws-sdk-go-v2/` + regexp.QuoteMeta(module) + ` v(\S+)$`).FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("go.mod does not require %s", module)
	}
	return string(found[1]), nil
}
