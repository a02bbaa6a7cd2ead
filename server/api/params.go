package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// params are what an action is told. A value is a string, json.Number, bool, []any or map[string]any from JSON; from a
// form it is a text, which may stand for a number.
type params map[string]any

// text is a value from a form.
type text string

const (
	// partsMax bounds the parts of a multipart body; the longest call has a dozen parameters.
	partsMax = 64
	// nameMax is how much of a name an error repeats, in bytes.
	nameMax = 64
)

func parseJSON(body []byte) (params, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return params{}, nil
	}
	var p params
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&p); err != nil || p == nil {
		return nil, refuse(codeInvalidParameter, "the body is not a JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(codeInvalidParameter, "the body goes on after its JSON object")
	}
	maps.DeleteFunc(p, func(_ string, value any) bool { return value == nil })
	return p, nil
}

func parseForm(query string) (params, error) {
	form, err := splitForm(query)
	if err != nil {
		return nil, err
	}
	return gather(form)
}

func parseMultipart(contentType string, body []byte) (params, error) {
	_, options, err := mime.ParseMediaType(contentType)
	if err != nil || options["boundary"] == "" {
		return nil, refuse(codeInvalidRequest, "the Content-Type has no boundary")
	}
	form := map[string]string{}
	r := multipart.NewReader(bytes.NewReader(body), options["boundary"])
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) && len(form) > 0 {
			return gather(form)
		}
		if err != nil {
			return nil, refuse(codeInvalidRequest, "the multipart body is broken")
		}
		value, err := io.ReadAll(part)
		_, twice := form[part.FormName()]
		if err != nil || twice || len(form) == partsMax {
			return nil, refuse(codeInvalidRequest,
				"the multipart body breaks off, repeats a name, or has more than %d parts", partsMax)
		}
		form[part.FormName()] = string(value)
	}
}

// element finds UserIds.0, UserIds.1, …: a form's way to write a list.
var element = regexp.MustCompile(`^([A-Za-z]+)\.(0|[1-9][0-9]{0,3})$`)

// gather makes lists of the elements of a form.
func gather(form map[string]string) (params, error) {
	p, lists := params{}, map[string]map[int]string{}
	for name, value := range form {
		match := element.FindStringSubmatch(name)
		if match == nil {
			p[name] = text(value)
			continue
		}
		i, err := strconv.Atoi(match[2])
		if err != nil {
			return nil, refuse(codeInvalidParameter, "the parameter %.64s has no number", name)
		}
		if lists[match[1]] == nil {
			lists[match[1]] = map[int]string{}
		}
		lists[match[1]][i] = value
	}
	for name, elements := range lists {
		var list []any
		for i := range len(elements) {
			value, present := elements[i]
			if _, both := p[name]; !present || both {
				return nil, refuse(codeInvalidParameter, "the elements of %.64s must be numbered from 0 on, each once", name)
			}
			list = append(list, text(value))
		}
		p[name] = list
	}
	return p, nil
}

// checkKnown refuses a parameter that the action does not know: a misspelt one must not pass for one left out.
func (p params) checkKnown(known []string) error {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(known, name) {
			return refuse(codeUnknownParameter, "the parameter %s is not known; known are %s",
				strconv.Quote(name[:min(len(name), nameMax)]), strings.Join(known, ", "))
		}
	}
	return nil
}

// whole is a number in JSON or in a form, whatever its size.
var whole = regexp.MustCompile(`^-?[0-9]+$`)

// number reads a whole number. It is 0 when it is out of uint64's range, which no number of this API may be either.
func (p params) number(name string) (uint64, error) {
	var digits string
	switch value := p[name].(type) {
	case nil:
		return 0, missing(name)
	case json.Number:
		digits = value.String()
	case text:
		digits = string(value)
	}
	if !whole.MatchString(digits) {
		return 0, refuse(codeInvalidParameter+"."+name, "%s must be a whole number", name)
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0, nil
	}
	return n, nil
}

// words reads a string.
func (p params) words(name string) (string, error) {
	switch value := p[name].(type) {
	case nil:
		return "", missing(name)
	case string:
		return value, nil
	case text:
		return string(value), nil
	default:
		return "", refuse(codeInvalidParameter+"."+name, "%s must be a string", name)
	}
}

// list reads a list of 1 to max different strings, each of 1 to width bytes; what stands twice counts once.
func (p params) list(name string, max, width int) ([]string, error) {
	if p[name] == nil {
		return nil, missing(name)
	}
	list, ok := p[name].([]any)
	if !ok || len(list) == 0 || len(list) > max {
		return nil, refuse(codeInvalidParameter+"."+name, "%s must be a list of 1 to %d", name, max)
	}
	var words []string
	for i, entry := range list {
		word, err := params{name: entry}.words(name)
		if err != nil || word == "" || len(word) > width {
			return nil, refuse(codeInvalidParameter+"."+name, "%s.%d must be a string of 1 to %d bytes", name, i, width)
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words, nil
}

// count reads an optional number from low to high.
func (p params) count(name string, low, high, absent int64) (int64, error) {
	if p[name] == nil {
		return absent, nil
	}
	if _, err := p.number(name); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(fmt.Sprint(p[name]), 10, 64)
	if err != nil || n < low || n > high {
		return 0, refuse(codeInvalidParameterValue+"."+name, "%s must be from %d to %d", name, low, high)
	}
	return n, nil
}

// yes reads an optional true or false; false when it is left out.
func (p params) yes(name string) (bool, error) {
	switch p[name] {
	case nil, false, text("false"):
		return false, nil
	case true, text("true"):
		return true, nil
	default:
		return false, refuse(codeInvalidParameter+"."+name, "%s must be true or false", name)
	}
}

// rules reads an optional object of rules, each a string or a whole number. In a form it is JSON.
func (p params) rules(name string) (map[string]string, error) {
	object, isObject := p[name].(map[string]any)
	if written, isText := p[name].(text); isText {
		parsed, err := parseJSON([]byte(written))
		object, isObject = parsed, err == nil
	}
	if p[name] != nil && !isObject {
		return nil, refuse(codeInvalidParameter+"."+name, `%s must be an object such as {"Idle":"1h"}`, name)
	}
	rules := map[string]string{}
	for rule, value := range object {
		switch value := value.(type) {
		case string:
			rules[rule] = value
		case json.Number:
			rules[rule] = value.String()
		default:
			return nil, refuse(codeInvalidParameter+"."+name, "%s: %.64q must be a string or a number", name, rule)
		}
	}
	return rules, nil
}

// remark reads an optional string for people, of at most limit bytes; without control characters, since it ends on
// screens and in logs.
func (p params) remark(name string, limit int) (string, error) {
	if p[name] == nil {
		return "", nil
	}
	said, err := p.words(name)
	if err != nil {
		return "", refuse(codeInvalidParameter, "%s must be a string", name)
	}
	if len(said) > limit {
		return "", refuse(codeInvalidParameterValue, "%s has %d bytes; the limit is %d", name, len(said), limit)
	}
	if !utf8.ValidString(said) || strings.ContainsFunc(said, unicode.IsControl) {
		return "", refuse(codeInvalidParameterValue, "%s must be UTF-8 without control characters", name)
	}
	return said, nil
}

func missing(name string) error {
	return refuse(codeMissingParameter+"."+name, "the parameter %s is missing", name)
}
