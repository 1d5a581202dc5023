package aws_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/smithy-go"
)

// lateSigner signs as if it were another time.
type lateSigner struct {
	elasticache.HTTPSignerV4
	late time.Duration
}

func (s lateSigner) SignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, hash, service, region string, at time.Time,
	options ...func(*v4.SignerOptions)) error {
	return s.HTTPSignerV4.SignHTTP(ctx, c, r, hash, service, region, at.Add(-s.late), options...)
}

// refusedWith tells whether the error has that code and that HTTP status.
func refusedWith(err error, code string, status int) bool {
	var api smithy.APIError
	var response *awshttp.ResponseError
	return errors.As(err, &api) && errors.As(err, &response) && api.ErrorCode() == code && response.HTTPStatusCode() == status
}

func TestSignaturesAreVerified(t *testing.T) {
	endpoint := serve(t, imported(t), verified(t)...)
	late := func(d time.Duration) func(*elasticache.Options) {
		return func(o *elasticache.Options) { o.HTTPSignerV4 = lateSigner{v4.NewSigner(), d} }
	}
	nobody := func(o *elasticache.Options) { o.Credentials = aws.AnonymousCredentials{} }
	elsewhere := func(o *elasticache.Options) { o.Region = "eu-west-1" }
	cases := []struct {
		name, keyID, secret string
		option              func(*elasticache.Options)
		code                string // "" where the call is answered
		status              int
	}{
		{name: "the right key", keyID: keyID, secret: secret},
		{name: "a wrong secret", keyID: keyID, secret: secret + ".", code: "SignatureDoesNotMatch", status: 403},
		{name: "a key that nobody has", keyID: "AKIDNOBODY", secret: secret, code: "InvalidClientTokenId", status: 403},
		{name: "no signature", keyID: keyID, secret: secret, option: nobody, code: "MissingAuthenticationToken", status: 403},
		{name: "another Region", keyID: keyID, secret: secret, option: elsewhere, code: "SignatureDoesNotMatch", status: 403},
		{name: "14 minutes late", keyID: keyID, secret: secret, option: late(14 * time.Minute)},
		{name: "16 minutes late", keyID: keyID, secret: secret, option: late(16 * time.Minute), code: "RequestExpired", status: 400},
		{name: "16 minutes early", keyID: keyID, secret: secret, option: late(-16 * time.Minute), code: "RequestExpired", status: 400},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			api := elasticache.NewFromConfig(settings(t, endpoint, c.keyID, c.secret), func(o *elasticache.Options) {
				o.RetryMaxAttempts = 1
				if c.option != nil {
					c.option(o)
				}
			})
			_, err := api.DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{})
			if c.code == "" && err != nil || c.code != "" && !refusedWith(err, c.code, c.status) {
				t.Errorf("%v; want the code %q with status %d", err, c.code, c.status)
			}
		})
	}
}

func TestUnknownActionsAreRefusedAsXML(t *testing.T) {
	api := client(t, serve(t, imported(t)))
	_, err := api.DescribeUserGroups(t.Context(), &elasticache.DescribeUserGroupsInput{})
	if !refusedWith(err, "InvalidAction", 400) {
		t.Errorf("%v; want InvalidAction with status 400", err)
	}
}

func TestWithoutCredentialsAnySignatureIsTaken(t *testing.T) {
	endpoint := serve(t, imported(t))
	api := elasticache.NewFromConfig(settings(t, endpoint, "AKIDNOBODY", "guess"))
	if _, err := api.DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{}); err != nil {
		t.Error(err)
	}
}
