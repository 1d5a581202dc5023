package sigv4

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"failsim/words"
)

// largestFile bounds what is read: room for some thousand profiles.
const largestFile = 1 << 20

const (
	settingID     = "aws_access_key_id"
	settingSecret = "aws_secret_access_key"
	settingToken  = "aws_session_token"
	// settingOldToken is boto's name for it, which AWS's Python tools still read.
	settingOldToken = "aws_security_token"
)

var accessKeyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// profile is one section of the file, and the lines that its settings stand in.
type profile struct {
	name     string
	line     int
	settings map[string]string
	lines    map[string]int
}

// ReadCredentials reads a file of the form of ~/.aws/credentials: `[profile]` and below it aws_access_key_id,
// aws_secret_access_key and, for temporary credentials, aws_session_token. Every profile with keys counts. Settings that say
// nothing of keys (region, role_arn and the like) are for clients and are skipped. Errors read `name:line: what, what is allowed`.
func ReadCredentials(r io.Reader, name string) (Keys, error) {
	text, err := io.ReadAll(io.LimitReader(r, largestFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > largestFile {
		return nil, fmt.Errorf("%s: longer than %d bytes, want a credentials file", name, largestFile)
	}
	profiles, err := readProfiles(strings.TrimPrefix(string(text), "\ufeff"))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	keys := Keys{}
	definedAt := map[string]int{}
	for _, p := range profiles {
		if err := p.addTo(keys, definedAt); err != nil {
			return nil, fmt.Errorf("%s:%w", name, err)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s:1: no keys, want a [profile] with %s and %s", name, settingID, settingSecret)
	}
	return keys, nil
}

// readProfiles gives errors that begin with the number of the line.
func readProfiles(text string) (profiles []*profile, err error) {
	byName := map[string]*profile{}
	for i, line := range strings.Split(text, "\n") {
		number := i + 1
		indented := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			name, ok := strings.CutSuffix(line[1:], "]")
			name = strings.TrimSpace(name)
			if !ok || name == "" {
				return nil, fmt.Errorf("%d: %s, want [profile]", number, words.Quote(line))
			}
			if old := byName[name]; old != nil {
				return nil, fmt.Errorf("%d: profile %s again, want each once: it begins in line %d", number, words.Quote(name), old.line)
			}
			byName[name] = &profile{name, number, map[string]string{}, map[string]int{}}
			profiles = append(profiles, byName[name])
		case len(profiles) == 0:
			return nil, fmt.Errorf("%d: a setting outside of a profile, want [profile] above it", number)
		default:
			if err := profiles[len(profiles)-1].read(line, number, indented); err != nil {
				return nil, err
			}
		}
	}
	return profiles, nil
}

// read takes one `name = value`. What it quotes of the line is never a value: that may be a secret.
func (p *profile) read(line string, number int, indented bool) error {
	name, value, ok := strings.Cut(line, "=")
	if !ok {
		return fmt.Errorf("%d: no equal sign, want name = value", number)
	}
	name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
	known := []string{settingID, settingSecret, settingToken}
	switch name {
	case settingID, settingSecret, settingToken:
	case settingOldToken:
		name = settingToken
	default:
		if near := words.Nearest(name, known); near != "" && !indented {
			return fmt.Errorf("%d: no setting %s, did you mean %s?", number, words.Quote(name), near)
		}
		return nil
	}
	switch {
	case p.lines[name] != 0:
		return fmt.Errorf("%d: %s again, want it once in a profile: it stands in line %d", number, name, p.lines[name])
	case value == "":
		return fmt.Errorf("%d: %s has no value, want one", number, name)
	case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("%d: %s holds a blank or what is not ASCII, want the bare value: a comment needs a line of its own",
			number, name)
	case name == settingID && !accessKeyID.MatchString(value):
		return fmt.Errorf("%d: %s is %s, want up to 128 of letters, digits, dots, hyphens and underscores",
			number, name, words.Quote(value))
	}
	p.settings[name], p.lines[name] = value, number
	return nil
}

// addTo adds the profile's key, if it has one. Profiles may share a key, not an id with different secrets.
func (p *profile) addTo(keys Keys, definedAt map[string]int) error {
	if len(p.settings) == 0 {
		return nil
	}
	for _, name := range []string{settingID, settingSecret} {
		if p.settings[name] == "" {
			return fmt.Errorf("%d: profile %s has no %s, want %s and %s", p.line, words.Quote(p.name), name, settingID, settingSecret)
		}
	}
	id := p.settings[settingID]
	key := Key{p.settings[settingSecret], p.settings[settingToken]}
	if old, ok := keys[id]; ok && old != key {
		return fmt.Errorf("%d: %s %s has another secret or token in line %d, want one of each",
			p.lines[settingID], settingID, id, definedAt[id])
	}
	keys[id] = key
	definedAt[id] = p.lines[settingID]
	return nil
}
