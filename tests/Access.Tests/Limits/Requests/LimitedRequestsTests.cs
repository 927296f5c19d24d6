using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Access.Tests.Setup;

namespace Krewe.Access.Tests.Limits.Requests;

/// <summary>Limits over the API. The clock stands, so that a rate admits its burst.</summary>
public sealed class LimitedRequestsTests(AccessFixture fixture) : IClassFixture<AccessFixture>
{
    private const string Models = "/v2/models";
    private const string Unary = "/inference.GRPCInferenceService/ModelReady";
    private const string Stream = "/inference.GRPCInferenceService/ModelStreamInfer";
    private static readonly byte[] Ready = [(1 << 3) | 2, 6, .. "acme-a"u8];

    private AccessServer Server => fixture.Server;

    [Fact]
    public async Task A_key_over_its_rate_is_told_so_and_when_to_come_again()
    {
        var key = await KeyAsync(("rate", "100/s"), ("burst", 2));
        var (status, _, headers) = await Server.SendAsync("GET", Models, key);
        Assert.Equal((200, "100", "1", "10ms"), (status, Field(headers, "limit"), Field(headers, "remaining"), Field(headers, "reset")));
        Assert.Equal(200, (await Server.SendAsync("GET", Models, key)).Status);
        var (refused, body, told) = await Server.SendAsync("GET", Models, key);
        Assert.Equal((429, "100", "0", "20ms"), (refused, Field(told, "limit"), Field(told, "remaining"), Field(told, "reset")));
        Assert.Equal("1", told.GetValues("Retry-After").Single());
        Assert.Equal("the key's rate of 100/s is reached: try again later, or send fewer requests", Said(body));
        Server.Time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(200, (await Server.SendAsync("GET", Models, key)).Status);
    }

    [Theory]
    [InlineData("GET", "/v2/models/nothing", 404)]
    [InlineData("POST", "/v2/models/acme-a/infer", 400)]
    [InlineData("POST", "/v2/keys", 403)]
    [InlineData("POST", "/v2/models/other-a/infer", 404)]
    public async Task Every_answer_to_a_limited_key_counts_and_has_the_headers(string method, string path, int expected)
    {
        var key = await KeyAsync(("rate", "50/s"), ("burst", 1));
        var (status, _, headers) = await Server.SendAsync(method, path, key, "{");
        Assert.Equal((expected, "50", "0"), (status, Field(headers, "limit"), Field(headers, "remaining")));
        Assert.Equal(429, (await Server.SendAsync(method, path, key, "{")).Status);
    }

    [Fact]
    public async Task What_is_public_does_not_count()
    {
        var key = await KeyAsync(("rate", "1/m"));
        for (var i = 0; i < 3; i++)
        {
            var (status, _, headers) = await Server.SendAsync("GET", "/v2/health/ready", key);
            Assert.Equal(200, status);
            Assert.False(headers.Contains("x-ratelimit-limit-requests"));
        }

        Assert.Equal(200, (await Server.SendAsync("GET", Models, key)).Status);
        var (refused, _, told) = await Server.SendAsync("GET", Models, key);
        Assert.Equal((429, "60"), (refused, told.GetValues("Retry-After").Single()));
    }

    [Fact]
    public async Task The_limits_of_a_tenant_hold_for_all_its_keys_and_for_no_others()
    {
        const string limits = "/v2/tenants/shared/limits";
        var (one, two, other) = (await OfAsync("shared"), await OfAsync("shared"), await OfAsync("another"));
        var (status, set, _) = await Server.SendAsync("PUT", limits, AccessServer.AdminKey, """{"rate": "2/s", "parallel": 8}""");
        Assert.Equal((200, """{"tenant":"shared","rate":"2/s","burst":null,"parallel":8}"""), (status, set));
        Assert.Equal(set, (await Server.SendAsync("GET", limits, AccessServer.AdminKey)).Body);
        Assert.Contains(set, (await Server.SendAsync("GET", "/v2/tenants", AccessServer.AdminKey)).Body);
        Assert.Equal((200, 200), ((await Server.SendAsync("GET", Models, one)).Status, (await Server.SendAsync("GET", Models, two)).Status));
        var (refused, body, _) = await Server.SendAsync("GET", Models, one);
        Assert.Equal((429, true), (refused, Said(body).StartsWith("the tenant's rate of 2/s is reached", StringComparison.Ordinal)));
        Assert.Equal(429, (await Server.SendAsync("GET", Models, two)).Status);
        Assert.Equal(200, (await Server.SendAsync("GET", Models, other)).Status);
        Assert.Equal(200, (await Server.SendAsync("PUT", limits, AccessServer.AdminKey, "{}")).Status);
        Assert.Equal(200, (await Server.SendAsync("GET", Models, one)).Status);
        Assert.DoesNotContain("shared", (await Server.SendAsync("GET", "/v2/tenants", AccessServer.AdminKey)).Body);
    }

    [Fact]
    public async Task What_a_tenant_is_refused_does_not_count_against_the_key()
    {
        var key = await OfAsync("narrow", ("rate", "50/s"), ("burst", 9));
        await Server.SendAsync("PUT", "/v2/tenants/narrow/limits", AccessServer.AdminKey, """{"rate": "1/s"}""");
        Assert.Equal(200, (await Server.SendAsync("GET", Models, key)).Status);
        Assert.Equal(429, (await Server.SendAsync("GET", Models, key)).Status);
        await Server.SendAsync("PUT", "/v2/tenants/narrow/limits", AccessServer.AdminKey, "{}");
        var (status, _, headers) = await Server.SendAsync("GET", Models, key);
        Assert.Equal((200, "7"), (status, Field(headers, "remaining")));
    }

    [Fact]
    public async Task A_call_of_gRPC_over_a_limit_gets_a_status_and_when_to_come_again()
    {
        var key = await KeyAsync(("rate", "20/m"), ("burst", 1));
        var (fields, _) = await Server.AnswerAsync(Unary, key, Ready);
        Assert.Equal(("0", "20", "0", "3s"), (
            fields["grpc-status"], fields["x-ratelimit-limit-requests"], fields["x-ratelimit-remaining-requests"], fields["x-ratelimit-reset-requests"]));
        (fields, _) = await Server.AnswerAsync(Unary, key, Ready);
        Assert.Equal(("8", "3", "3000"), (fields["grpc-status"], fields["retry-after"], fields["grpc-retry-pushback-ms"]));
        Assert.StartsWith("the key's rate of 20/m is reached", fields["grpc-message"], StringComparison.Ordinal);
        var details = Encoding.Latin1.GetString(Convert.FromBase64String(fields["grpc-status-details-bin"]));
        Assert.EndsWith("google.rpc.RetryInfo\u0012\u0004\n\u0002\u0008\u0003", details, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_in_a_stream_count_and_the_stream_does_not()
    {
        var key = await KeyAsync(("rate", "1/m"), ("burst", 2));
        var (_, body) = await Server.AnswerAsync(Stream, key, Ready, Ready, Ready);
        var said = Encoding.UTF8.GetString(body);
        Assert.Equal(2, said.Split("the key's rate of 1/m is reached").Length);
        Assert.Equal(429, (await Server.SendAsync("GET", Models, key)).Status);
    }

    [Fact]
    public async Task Parallel_requests_over_the_limit_are_refused_until_one_ends()
    {
        var key = await KeyAsync(("parallel", 1));
        using var body = new HeldContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/acme-a/infer") { Content = body };
        request.Headers.TryAddWithoutValidation("x-api-key", key);
        var underWay = Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await body.Sending.Task;
        int status;
        string said;
        do
        {
            // Until the server has read the headers of the first.
            (status, said, _) = await Server.SendAsync("GET", Models, key);
        }
        while (status == 200);

        Assert.Equal((429, "the key's limit of 1 parallel requests is reached: wait for answers before sending more"), (status, Said(said)));
        body.End.SetResult();
        (await underWay).Dispose();
        while ((await Server.SendAsync("GET", Models, key)).Status != 200)
        {
            // The server leaves the request shortly after its answer.
        }
    }

    [Fact]
    public async Task A_rotated_key_keeps_its_limits()
    {
        var made = await Server.CreateAsync("caller", limits: [("rate", "3/s"), ("burst", 1), ("parallel", 5)]);
        Assert.Equal(("3/s", 1, 5), ((string)made["rate"]!, (int)made["burst"]!, (int)made["parallel"]!));
        var (_, body, _) = await Server.SendAsync("POST", $"/v2/keys/{made["id"]}/rotate", AccessServer.AdminKey);
        var rotated = JsonNode.Parse(body)!;
        Assert.Equal(("3/s", 1, 5), ((string)rotated["rate"]!, (int)rotated["burst"]!, (int)rotated["parallel"]!));
        Assert.Equal(200, (await Server.SendAsync("GET", Models, (string)made["key"]!)).Status);
        Assert.Equal(429, (await Server.SendAsync("GET", Models, (string)rotated["key"]!)).Status);
    }

    private static string Field(HttpResponseHeaders headers, string name) => headers.GetValues($"x-ratelimit-{name}-requests").Single();

    private static string Said(string body) => (string)JsonNode.Parse(body)!["error"]!;

    private Task<string> KeyAsync(params (string, JsonNode)[] limits) => OfAsync("acme", limits);

    private async Task<string> OfAsync(string tenant, params (string, JsonNode)[] limits) =>
        (string)(await Server.CreateAsync("caller", "acme-*", tenant: tenant, limits: limits))["key"]!;

    /// <summary>A body that ends when it is told to.</summary>
    private sealed class HeldContent : HttpContent
    {
        public TaskCompletionSource Sending { get; } = new();

        public TaskCompletionSource End { get; } = new();

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await stream.WriteAsync("{"u8.ToArray());
            await stream.FlushAsync();
            Sending.SetResult();
            await End.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 2;
            return false;
        }
    }
}
