package sigv4

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestCredentialsFileIsRead(t *testing.T) {
	const text = "\ufeff# two people and a role\r\n" + `
[default]
aws_access_key_id = AKIAONE
aws_secret_access_key=abc/+=def=
region = eu-central-1

; the same key once more
[ profile again ]
AWS_ACCESS_KEY_ID=AKIAONE
aws_secret_access_key = abc/+=def=
[game-day]
aws_session_token = FwoGZX//=
aws_secret_access_key	=	ghi
aws_access_key_id = ASIA.TWO_-
[old]
aws_access_key_id = three
aws_secret_access_key = jkl
aws_security_token = mno
[role]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = default
s3 =
  aws_session_tokn = 1
`
	got, err := ReadCredentials(strings.NewReader(text), "credentials")
	want := Keys{
		"AKIAONE":    {Secret: "abc/+=def="},
		"ASIA.TWO_-": {Secret: "ghi", SessionToken: "FwoGZX//="},
		"three":      {Secret: "jkl", SessionToken: "mno"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestMistakesInCredentialsAreToldWithTheirLine(t *testing.T) {
	const good = "[a]\naws_access_key_id = A\naws_secret_access_key = s\n"
	for text, want := range map[string]string{
		"":                              "keys:1: no keys, want a [profile] with aws_access_key_id and aws_secret_access_key",
		"[a]\nx = 1\n":                  "keys:1: no keys, want a [profile] with aws_access_key_id and aws_secret_access_key",
		"\naws_access_key_id = A\n":     "keys:2: a setting outside of a profile, want [profile] above it",
		"[a\n":                          `keys:1: "[a", want [profile]`,
		"[ ]\n":                         `keys:1: "[ ]", want [profile]`,
		good + "[a]\n":                  `keys:4: profile "a" again, want each once: it begins in line 1`,
		good + "secret\n":               "keys:4: no equal sign, want name = value",
		good + "aws_acces_key_id = A\n": `keys:4: no setting "aws_acces_key_id", did you mean aws_access_key_id?`,
		good + "aws_secret_access_key = t\n": "keys:4: aws_secret_access_key again, want it once in a profile: " +
			"it stands in line 3",
		good + "aws_session_token =\n": "keys:4: aws_session_token has no value, want one",
		"[a]\naws_access_key_id = A\naws_secret_access_key = s # mine\n": "keys:3: aws_secret_access_key holds a blank or what is " +
			"not ASCII, want the bare value: a comment needs a line of its own",
		"[a]\naws_access_key_id = A/B\n": `keys:2: aws_access_key_id is "A/B", want up to 128 of letters, digits, dots, hyphens and underscores`,
		"\n[a]\naws_access_key_id = A\n": `keys:2: profile "a" has no aws_secret_access_key, ` +
			"want aws_access_key_id and aws_secret_access_key",
		good + "[b]\naws_session_token = t\n": `keys:4: profile "b" has no aws_access_key_id, ` +
			"want aws_access_key_id and aws_secret_access_key",
		good + "[b]\naws_access_key_id = A\naws_secret_access_key = t\n": "keys:5: aws_access_key_id A has another secret or token " +
			"in line 2, want one of each",
		strings.Repeat("#", largestFile+1): "keys: longer than 1048576 bytes, want a credentials file",
	} {
		keys, err := ReadCredentials(strings.NewReader(text), "keys")
		if keys != nil || err == nil || err.Error() != want {
			t.Errorf("%.60q: %v, %v\nwant %s", text, keys, err, want)
		}
	}
	broken := errors.New("disk on fire")
	if _, err := ReadCredentials(iotest.ErrReader(broken), "keys"); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestNoErrorShowsASecret puts a secret wherever a line can be wrong.
func TestNoErrorShowsASecret(t *testing.T) {
	const secret = "hunter2"
	for _, text := range []string{
		"aws_secret_access_key = " + secret,
		"[a]\naws_secret_access_key " + secret,
		"[a]\naws_secret_acces_key = " + secret,
		"[a]\naws_secret_access_key = " + secret + " x",
		"[a]\naws_secret_access_key = " + secret,
		"[a]\naws_access_key_id = A\naws_secret_access_key = " + secret + "\n[b]\naws_access_key_id = A\naws_secret_access_key = " + secret + "2",
	} {
		if _, err := ReadCredentials(strings.NewReader(text), "keys"); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzReadCredentials: no text panics; there are keys or there is an error that says where.
func FuzzReadCredentials(f *testing.F) {
	f.Add("[a]\naws_access_key_id = A\naws_secret_access_key = s\naws_session_token = t\n")
	f.Add("[a]\n# x\n[b]\nx = 1\n  y = 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := ReadCredentials(strings.NewReader(text), "keys")
		if (err == nil) != (len(keys) > 0) || err != nil && !strings.HasPrefix(err.Error(), "keys:") {
			t.Errorf("%v, %v", keys, err)
		}
		for id, key := range keys {
			if id == "" || key.Secret == "" {
				t.Errorf("%q: %v", id, key)
			}
		}
	})
}
