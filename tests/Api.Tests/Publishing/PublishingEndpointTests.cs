using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Api.Publishing;
using Krewe.Api.Tests.Fakes;
using Krewe.Processes;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Api.Tests.Publishing;

public sealed class PublishingEndpointTests : IAsyncLifetime
{
    private const string Path = "/v2/repository/models/m/versions/3";
    private static readonly byte[] Body = "a model"u8.ToArray();
    private static readonly string Hex = Convert.ToHexStringLower(SHA256.HashData(Body));
    private static readonly string Base64 = Convert.ToBase64String(SHA256.HashData(Body));
    private readonly FakeModelPublisher publisher = new();
    private readonly FakeRolloutControl rollouts = new();
    private ApiServer server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private PublishRequest Request => Assert.Single(publisher.Published).Request;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(
        new FakeModelHost { Statuses = [new ModelVersionStatus(ModelName.Parse("m"), new ModelVersion(3), VersionState.Ready, "")] }.Add("m"),
        options => (options.Limits.MaxBodyBytes, options.Limits.MaxPublishBytes) = (1000, 100_000), rollouts: rollouts, publisher: publisher);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData(true, HttpStatusCode.Created)]
    [InlineData(false, HttpStatusCode.OK)]
    public async Task A_version_is_published_and_described(bool isNew, HttpStatusCode status)
    {
        publisher.IsNew = isNew;
        using var response = await PutAsync(Path, new ByteArrayContent(Body));

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            $$"""{"name":"m","version":"3","size_bytes":7,"sha256":"{{Hex}}","files":[{"name":"model.onnx","size_bytes":7,"sha256":"{{Hex}}"}],"created":{{(isNew ? "true" : "false")}}}""",
            await response.Content.ReadAsStringAsync(Token));
        Assert.Equal(new PublishRequest { Length = 7, MaxBytes = 100_000 }, Request);
        Assert.Equal("m/3", $"{publisher.Published.Single().Version}");
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("?force=false", false)]
    [InlineData("?force=true", true)]
    public async Task Force_is_said_in_the_query(string query, bool force)
    {
        using var response = await PutAsync(Path + query, new ByteArrayContent(Body));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(force, Request.Force);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("application/octet-stream", null)]
    [InlineData("application/x-www-form-urlencoded", null)]
    [InlineData("application/x-tar", ArtifactFormat.Tar)]
    [InlineData("application/gzip", ArtifactFormat.TarGzip)]
    [InlineData("Application/Zip; charset=x", ArtifactFormat.Zip)]
    [InlineData("application/onnx", ArtifactFormat.Onnx)]
    public async Task The_content_type_determines_the_format(string? type, ArtifactFormat? format)
    {
        var content = new ByteArrayContent(Body);
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        using var response = await PutAsync(Path, content);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(format, Request.Format);
    }

    [Theory]
    [InlineData("query")]
    [InlineData("header")]
    [InlineData("both")]
    public async Task A_digest_comes_in_the_query_or_a_header(string where)
    {
        var content = new ByteArrayContent(Body);
        if (where != "query")
        {
            content.Headers.Add("Content-Digest", $"sha-512=:AAAA:, sha-256=:{Base64}:");
        }

        using var response = await PutAsync(Path + (where == "header" ? "" : $"?sha256={Hex.ToUpperInvariant()}"), content);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(Sha256Digest.Parse(Hex), Request.ExpectedSha256);
    }

    [Theory]
    [InlineData(Path + "?sha256=abc", null, "'abc' is not a SHA-256 digest: expected 64 hexadecimal digits")]
    [InlineData(Path, "sha-256=:AAAA:", "no valid SHA-256")]
    [InlineData(Path, "sha-256=:", "no valid SHA-256")]
    [InlineData(Path + "?force=1", null, "query parameter 'force' is '1': expected true or false")]
    [InlineData(Path + "?forced=true", null, "query parameter 'forced' is not supported: expected force or sha256")]
    [InlineData("/v2/repository/models/m/versions/prod", null, "'prod' is not a version number: versions are published and deleted by number, a positive integer such as 1")]
    [InlineData("/v2/repository/models/m/versions/v1", null, "'v1' is not a version number: versions are published and deleted by number")]
    [InlineData(Path + "?rollout=canary&if-busy=wait", null, "query parameter 'if-busy' is 'wait': expected publish or refuse")]
    [InlineData(Path + "?if-busy=publish", null, "query parameter 'if-busy' applies to rollouts: expected 'rollout' with it")]
    [InlineData("/v2/repository/models/m/versions/0", null, "is not a model version")]
    [InlineData("/v2/repository/models/.m/versions/1", null, "is not a model name")]
    public async Task Invalid_parameters_are_400(string path, string? digest, string error)
    {
        var content = new ByteArrayContent(Body);
        if (digest is not null)
        {
            content.Headers.Add("Content-Digest", digest);
        }

        using var response = await PutAsync(path, content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(error, await JsonClient.ReadErrorAsync(response), StringComparison.Ordinal);
        Assert.Empty(publisher.Published);
    }

    [Fact]
    public async Task Digests_that_disagree_are_400()
    {
        var content = new ByteArrayContent(Body);
        content.Headers.Add("Content-Digest", $"sha-256=:{Base64}:");
        using var response = await PutAsync($"{Path}?sha256={new string('0', 64)}", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("Content-Type", "text/plain", "Accept", "application/octet-stream, application/x-tar, application/gzip, application/zip")]
    [InlineData("Content-Encoding", "gzip", "Accept-Encoding", "identity")]
    [InlineData("Content-Encoding", "br", "Accept-Encoding", "identity")]
    public async Task An_unsupported_body_is_415_and_lists_the_supported_ones(string header, string value, string named, string taken)
    {
        var content = new ByteArrayContent(Body);
        content.Headers.Add(header, value);
        using var response = await PutAsync(Path, content);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal(taken, string.Join(", ", response.Headers.GetValues(named)));
        await JsonClient.ReadErrorAsync(response);
    }

    [Theory]
    [InlineData(KreweErrorCode.InvalidInput, 400)]
    [InlineData(KreweErrorCode.VersionNotFound, 404)]
    [InlineData(KreweErrorCode.Conflict, 409)]
    [InlineData(KreweErrorCode.PayloadTooLarge, 413)]
    [InlineData(KreweErrorCode.Overloaded, 429)]
    [InlineData(KreweErrorCode.Unavailable, 503)]
    [InlineData(KreweErrorCode.StorageFull, 507)]
    public async Task A_refusal_has_its_status(KreweErrorCode code, int status)
    {
        publisher.Failure = new KreweException(code, "because");
        using var response = await PutAsync(Path, new ByteArrayContent(Body));
        Assert.Equal((status, "because"), ((int)response.StatusCode, await JsonClient.ReadErrorAsync(response)));
        Assert.Equal("because", await server.Client.FailAsync(HttpMethod.Delete, Path, status));
    }

    [Fact]
    public async Task During_another_rollout_nothing_is_published_unless_that_is_wanted()
    {
        await StartRolloutAsync();
        using var refused = await PutAsync(Path + "?rollout=canary", new ByteArrayContent(Body));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.StartsWith("nothing was published: ", await JsonClient.ReadErrorAsync(refused), StringComparison.Ordinal);
        Assert.Empty(publisher.Published);

        using var published = await PutAsync(Path + "?rollout=canary&if-busy=publish", new ByteArrayContent(Body));
        Assert.Equal(HttpStatusCode.Created, published.StatusCode);
        Assert.Contains("\"rollout\":{\"started\":false,", await published.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Single(publisher.Published);
    }

    [Fact]
    public async Task A_rollout_that_begins_while_the_body_comes_is_an_error_too()
    {
        publisher.OnRead = StartRolloutAsync;
        using var response = await PutAsync(Path + "?rollout=canary", new ByteArrayContent(Body));
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.StartsWith("version 3 is published, but its rollout did not start: ", await JsonClient.ReadErrorAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_publish_begins_the_rollout_and_may_be_repeated_during_it()
    {
        using var first = await PutAsync(Path + "?rollout=canary", new ByteArrayContent(Body));
        Assert.Contains("\"rollout\":{\"started\":true,", await first.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        publisher.IsNew = false;
        using var again = await PutAsync(Path + "?rollout=canary", new ByteArrayContent(Body));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Theory]
    [InlineData(100_000, false)]
    [InlineData(100_000, true)]
    public async Task A_body_may_be_larger_than_those_of_other_requests(int bytes, bool isChunked)
    {
        using var response = await PutAsync(Path, Content(bytes, isChunked));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal((bytes, isChunked ? null : (long?)bytes), (publisher.Published.Single().Bytes, Request.Length));
    }

    [Fact]
    public async Task A_body_that_goes_on_beyond_the_limit_is_413()
    {
        using var response = await PutAsync(Path, Content(200_000, isChunked: true));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Empty(publisher.Published);
        Assert.Equal(413, (int)(await server.Client.PostAsync("/v2/models/m/infer", Content(2000, isChunked: true), Token)).StatusCode);
    }

    [Fact]
    public async Task A_version_is_deleted_and_the_answer_is_empty()
    {
        using var response = await server.Client.DeleteAsync(Path, Token);
        Assert.Equal((HttpStatusCode.OK, 0L), (response.StatusCode, response.Content.Headers.ContentLength));
        Assert.Equal(["m/3"], publisher.Deleted.Select(version => $"{version}"));
        Assert.Contains("expected none", await server.Client.FailAsync(HttpMethod.Delete, Path + "?force=true", 400), StringComparison.Ordinal);
        server.Host.Aliases["prod"] = new ModelVersion(3);
        await server.Client.FailAsync(HttpMethod.Delete, "/v2/repository/models/m/versions/prod", 400);
        await server.Client.FailAsync(HttpMethod.Delete, "/v2/repository/models/m/versions/v1", 404);
        Assert.Single(publisher.Deleted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_nothing_can_be_published_that_is_said(bool isOff)
    {
        await using var other = await ApiServer.StartAsync(new FakeModelHost(), options => options.Publishing = !isOff, publisher: isOff ? publisher : null);
        foreach (var method in new[] { HttpMethod.Put, HttpMethod.Delete })
        {
            Assert.Contains("publishing off", await other.Client.FailAsync(method, Path, 403, method == HttpMethod.Put ? "x" : null), StringComparison.Ordinal);
        }

        Assert.Empty(publisher.Published);
    }

    [Fact]
    public async Task A_body_that_is_cut_short_is_the_caller_s_fault_and_no_error_of_ours()
    {
        var read = new TaskCompletionSource();
        publisher.OnRead = () =>
        {
            read.TrySetResult();
            return Task.CompletedTask;
        };
        await using (var connection = await server.ConnectAsync())
        {
            await connection.WriteAsync(Encoding.ASCII.GetBytes($"PUT {Path} HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\nabc"), Token);
            await read.Task.WaitAsync(Token);
        }

        // An answer on another connection does not say that this one has been noticed; the counter of its route does.
        while (!(await server.Client.GetStringAsync("/metrics", Token)).Split('\n').Any(line => line.Contains("versions/{version}\"", StringComparison.Ordinal)
            && line.Contains("PUT", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal)))
        {
            await Task.Yield();
        }

        Assert.Empty(publisher.Published);
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task Few_versions_are_checked_at_once_and_the_others_wait()
    {
        var (gate, begun, most, now) = (new TaskCompletionSource(), new SemaphoreSlim(0), 0, 0);
        publisher.OnComplete = async () =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            begun.Release();
            await gate.Task;
            Interlocked.Decrement(ref now);
        };
        var calls = Enumerable.Range(0, 3 * PublishLimiter.MaxConcurrent).Select(_ => PutAsync(Path, new ByteArrayContent(Body))).ToList();
        for (var i = 0; i < PublishLimiter.MaxConcurrent; i++)
        {
            await begun.WaitAsync(Token);
        }

        gate.SetResult();
        foreach (var response in await Task.WhenAll(calls))
        {
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            response.Dispose();
        }

        Assert.Equal(PublishLimiter.MaxConcurrent, most);
    }

    [Fact]
    public async Task Slow_senders_hold_up_nobody_and_are_told_so()
    {
        var time = new FakeTimeProvider();
        await using var slow = await ApiServer.StartAsync(
            new FakeModelHost().Add("m"), publisher: publisher, services: services => services.AddSingleton<TimeProvider>(time));
        var begun = new SemaphoreSlim(0);
        publisher.OnRead = () =>
        {
            begun.Release();
            return Task.CompletedTask;
        };
        var senders = new List<NetworkStream>();
        for (var sender = 0; sender < 2 * PublishLimiter.MaxConcurrent; sender++)
        {
            senders.Add(await slow.ConnectAsync());
            await senders[^1].WriteAsync(Encoding.ASCII.GetBytes($"PUT {Path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nfew"), Token);
            await begun.WaitAsync(Token);
        }

        using (var response = await slow.Client.PutAsync(Path, new ByteArrayContent(Body), Token))
        {
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        }

        time.Advance(TimeSpan.FromSeconds(16));
        foreach (var sender in senders)
        {
            using var reader = new StreamReader(sender);
            var answer = await reader.ReadToEndAsync(Token);
            Assert.StartsWith("HTTP/1.1 408 ", answer);
            Assert.Contains("the body arrived too slowly: expected 32 KiB/s", answer);
        }
    }

    [Fact]
    public async Task Too_many_waiting_publishes_are_refused()
    {
        using var limiter = new PublishLimiter(TimeProvider.System);
        var taken = new List<IDisposable>();
        for (var i = 0; i < PublishLimiter.MaxConcurrent; i++)
        {
            taken.Add(await limiter.EnterAsync(Token));
        }

        var waiting = Enumerable.Range(0, PublishLimiter.MaxWaiting).Select(_ => limiter.EnterAsync(Token)).ToList();
        Assert.Equal(KreweErrorCode.Overloaded, (await Assert.ThrowsAsync<KreweException>(() => limiter.EnterAsync(Token))).Code);
        foreach (var permit in taken)
        {
            permit.Dispose();
            permit.Dispose();
        }

        foreach (var next in waiting)
        {
            (await next).Dispose();
        }
    }

    private async Task StartRolloutAsync()
    {
        if (rollouts.Traffic.ActiveRollout is null)
        {
            await rollouts.StartRolloutAsync(
                ModelName.Parse("m"), new RolloutPlan { Strategy = RolloutStrategy.Shadow, Version = new ModelVersion(2), Steps = RolloutPlan.DefaultSteps(RolloutStrategy.Shadow) },
                new ChangeAuthor("ann", "", rollouts.Now), Token);
        }
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); seen < now; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, now, seen);
        }
    }

    private static ByteArrayContent Content(int bytes, bool isChunked) => isChunked ? new ChunkedContent(new byte[bytes]) : new ByteArrayContent(new byte[bytes]);

    private Task<HttpResponseMessage> PutAsync(string path, HttpContent content) => server.Client.PutAsync(path, content, Token);

    private sealed class ChunkedContent(byte[] bytes) : ByteArrayContent(bytes)
    {
        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
