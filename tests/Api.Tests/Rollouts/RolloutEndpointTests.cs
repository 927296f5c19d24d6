using System.Net;
using Krewe.Abstractions.Errors;
using Krewe.Api.Endpoints;
using Krewe.Api.Rollouts;
using Krewe.Api.Tests.Fakes;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.States;

namespace Krewe.Api.Tests.Rollouts;

public sealed class RolloutEndpointTests : IAsyncLifetime
{
    private const string Path = "/v2/models/m/rollout";
    private const string Canary = """{"strategy":"canary","version":2,"reason":"trained in March"}""";
    private readonly FakeRolloutControl control = new();
    private ApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(new FakeModelHost().Add("m"), rollouts: control);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task A_rollout_begins_and_is_shown()
    {
        var before = TimeProvider.System.GetUtcNow();
        var started = await server.Client.SendJsonAsync(HttpMethod.Put, Path, Canary, "Krewe-Actor: ann@example.org");
        Assert.Equal(("WARMING", "1", "2"), (Text(started, "phase"), Text(started, "from"), Text(started, "version")));
        Assert.Equal(started.GetRawText(), (await server.Client.GetJsonAsync(Path)).GetRawText());
        Assert.Equal(("ann@example.org", "trained in March"), (control.Author!.Actor, control.Author.Why));
        Assert.InRange(control.Author.At, before, TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task An_operator_pauses_resumes_and_promotes()
    {
        await StartAsync();
        Assert.Equal("PAUSED", await CommandAsync("pause"));
        Assert.Equal("PAUSED", await CommandAsync("pause"));
        Assert.Equal("RUNNING", await CommandAsync("resume"));
        Assert.Equal("KEEPING_WARM", await CommandAsync("promote"));
        Assert.Equal("PROMOTED", await CommandAsync("promote"));
    }

    [Fact]
    public async Task An_action_that_changes_nothing_says_so()
    {
        await StartAsync();
        Assert.True(await ChangesAsync("pause"));
        Assert.False(await ChangesAsync("pause"));
        Assert.True(await ChangesAsync("resume"));
        Assert.False(await ChangesAsync("resume"));
        Assert.True(await ChangesAsync("promote"));
        Assert.True(await ChangesAsync("promote"));
        Assert.False(await ChangesAsync("promote"));
        Assert.False((await server.Client.GetJsonAsync(Path)).TryGetProperty("changed", out _));

        async Task<bool> ChangesAsync(string action) =>
            (await server.Client.SendJsonAsync(HttpMethod.Patch, Path, $$"""{"action":"{{action}}"}""")).GetProperty("changed").GetBoolean();
    }

    [Fact]
    public async Task What_is_asked_for_during_the_warm_up_is_shown_until_it_is_done()
    {
        await server.Client.SendJsonAsync(HttpMethod.Put, Path, Canary);
        Assert.Equal("WARMING", await CommandAsync("promote"));
        Assert.Equal("promote", Text(await server.Client.GetJsonAsync(Path), "pending"));
        control.Traffic = RolloutMachine.Warmed(control.Traffic, control.Now);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await server.Client.GetJsonAsync(Path)).GetProperty("pending").ValueKind);
    }

    [Theory]
    [InlineData("PATCH", """{"action":"abort","reason":"wrong prices"}""", "wrong prices")]
    [InlineData("DELETE", """{"reason":"wrong prices"}""", "wrong prices")]
    [InlineData("DELETE", "", "")]
    [InlineData("DELETE", "{}", "")]
    public async Task An_operator_aborts_once_or_twice(string method, string body, string reason)
    {
        await StartAsync();
        var aborted = await server.Client.SendJsonAsync(new HttpMethod(method), Path, body);
        Assert.Equal(("ABORTED", reason), (Text(aborted, "phase"), Text(aborted, "reason")));
        Assert.Equal("ABORTED", Text(await server.Client.SendJsonAsync(new HttpMethod(method), Path, body), "phase"));
    }

    [Theory]
    [InlineData("GET", null)]
    [InlineData("PATCH", """{"action":"pause"}""")]
    [InlineData("DELETE", null)]
    public async Task Where_there_never_was_a_rollout_the_answer_is_404(string method, string? body)
    {
        Assert.Equal(
            "model 'm' has had no rollout: start one with PUT /v2/models/m/rollout",
            await server.Client.FailAsync(new HttpMethod(method), Path, 404, body));
        Assert.Equal(
            "Request for unknown model: 'nope' is not found",
            await server.Client.FailAsync(new HttpMethod(method), "/v2/models/nope/rollout", 404, body));
    }

    [Fact]
    public async Task What_contradicts_the_state_is_409_and_says_what_to_do()
    {
        await StartAsync();
        Assert.Equal(
            "the canary rollout from version 1 to version 2 is under way: promote or abort it before starting another",
            await server.Client.FailAsync(HttpMethod.Put, Path, 409, Canary));
        await CommandAsync("promote");
        Assert.Contains("abort it to go back", await server.Client.FailAsync(HttpMethod.Patch, Path, 409, """{"action":"pause"}"""));
    }

    [Fact]
    public async Task What_the_control_refuses_has_its_status()
    {
        Assert.Equal(
            "Request for unknown model: 'm' version '9' is not found",
            await server.Client.FailAsync(HttpMethod.Put, Path, 404, """{"strategy":"canary","version":"9"}"""));
        control.Failure = KreweException.Unavailable("the database is not there");
        Assert.Equal("the database is not there", await server.Client.FailAsync(HttpMethod.Put, Path, 503, Canary));
    }

    [Theory]
    [InlineData("PUT", "", "the body is empty: expected an object such as {\"strategy\": \"canary\", \"version\": \"2\"}")]
    [InlineData("PUT", "[]", "the body is an array: expected an object with 'strategy', 'version', 'steps', 'dwell_seconds', 'min_requests', 'guards', 'tolerance', 'promote', 'keep_warm_seconds', 'replica_by_replica', 'reason'")]
    [InlineData("PUT", "{", "the body is not JSON at line 1, byte 2: expected an object or an empty body")]
    [InlineData("PATCH", "", "the body is empty: expected an object such as {\"action\": \"pause\"}")]
    [InlineData("PATCH", "7", "the body is 7: expected an object with 'action', 'reason'")]
    [InlineData("PATCH", "{}", "the body has no 'action': expected it")]
    [InlineData("PATCH", """{"action":"stop"}""", "'action' is 'stop': expected 'pause', 'resume', 'promote' or 'abort'")]
    [InlineData("PATCH", """{"action":1}""", "'action' is 1: expected 'pause', 'resume', 'promote' or 'abort'")]
    [InlineData("PATCH", """{"action":"pause","why":"x"}""", "the body has an unknown member 'why': expected 'action', 'reason'")]
    [InlineData("PATCH", """{"action":"pause","action":"abort"}""", "the body has 'action' twice: expected it once")]
    [InlineData("PATCH", """{"action":"pause","reason":1}""", "'reason' is 1: expected a string")]
    [InlineData("PATCH", """{"action":"pause","reason":null}""", "'reason' is null: expected a string")]
    [InlineData("PATCH", """{"action":"pause","reason":"a\nb"}""", "'reason' has a control character: expected one line of text")]
    [InlineData("DELETE", """{"action":"abort"}""", "the body has an unknown member 'action': expected 'reason'")]
    [InlineData("DELETE", "\"x\"", "the body is 'x': expected an object with 'reason'")]
    public async Task An_invalid_body_gets_an_error_with_the_reason(string method, string body, string error)
    {
        await StartAsync();
        var before = control.Traffic;
        Assert.Equal(error, await server.Client.FailAsync(new HttpMethod(method), Path, 400, body));
        Assert.Same(before, control.Traffic);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task A_body_has_a_limit(string method) => Assert.Contains(
        "64 KiB", await server.Client.FailAsync(new HttpMethod(method), Path, 413, new string(' ', ControlBody.MaxBytes + 1)));

    [Fact]
    public async Task A_reason_has_a_limit()
    {
        await StartAsync();
        Assert.Equal("PAUSED", await CommandAsync("pause", new string('a', ChangeAuthor.MaxLength)));
        var body = $$"""{"action":"resume","reason":"{{new string('a', ChangeAuthor.MaxLength + 1)}}"}""";
        Assert.Equal("'reason' has 501 characters: expected at most 500", await server.Client.FailAsync(HttpMethod.Patch, Path, 400, body));
    }

    [Theory]
    [InlineData("Zoë Ann", "Zoë Ann")]
    [InlineData("  ann  ", "ann")]
    [InlineData(null, "127.0.0.1")]
    public async Task The_actor_is_the_header_or_the_callers_address(string? name, string actor)
    {
        Assert.Contains("HTTP/1.1 200", await ExchangeAsync(name is null ? "" : $"Krewe-Actor: {name}\r\n"));
        Assert.Equal(actor, control.Author!.Actor);
    }

    [Theory]
    [InlineData("Krewe-Actor:\r\n", "header Krewe-Actor is '': expected one name of 1 to 200 visible characters")]
    [InlineData("Krewe-Actor: a\r\nKrewe-Actor: b\r\n", "header Krewe-Actor is 'a,b': expected one name")]
    [InlineData("Krewe-Actor: a\tb\r\n", "header Krewe-Actor is 'a?b': expected one name")]
    [InlineData("Krewe-Actor: krewe\r\n", "header Krewe-Actor is 'krewe', which is reserved for the server: expected another")]
    public async Task A_name_that_is_none_is_refused(string header, string error)
    {
        var answer = await ExchangeAsync(header);
        Assert.Contains("HTTP/1.1 400", answer);
        Assert.Contains(error, answer);
        Assert.Null(control.Author);
    }

    [Fact]
    public async Task A_name_has_a_limit()
    {
        Assert.Contains("HTTP/1.1 200", await ExchangeAsync($"Krewe-Actor: {new string('a', RequestAuthor.MaxLength)}\r\n"));
        Assert.Contains("1 to 200 visible characters", await ExchangeAsync($"Krewe-Actor: {new string('a', RequestAuthor.MaxLength + 1)}\r\n"));
    }

    [Theory]
    [InlineData("POST", Path)]
    [InlineData("POST", "/v2/models/m/aliases")]
    [InlineData("DELETE", "/v2/models/m/aliases")]
    [InlineData("PATCH", "/v2/models/m/aliases/prod")]
    [InlineData("GET", "/v2/models/m/aliases/prod")]
    [InlineData("PUT", "/v2/models/m/history")]
    public async Task Another_method_is_405(string method, string path) =>
        Assert.Contains("is not allowed", await server.Client.FailAsync(new HttpMethod(method), path, 405, "{}"));

    [Theory]
    [InlineData("GET", Path)]
    [InlineData("GET", "/v2/models/m/aliases")]
    [InlineData("GET", "/v2/models/m/history")]
    public async Task A_server_without_rollouts_says_so(string method, string path)
    {
        await using var other = await ApiServer.StartAsync(new FakeModelHost());
        Assert.Equal("this server has no aliases or rollouts", await other.Client.FailAsync(new HttpMethod(method), path, 404));
    }

    [Fact]
    public async Task Its_head_can_be_asked_for()
    {
        await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, Path);
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static string Text(System.Text.Json.JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private async Task StartAsync()
    {
        await server.Client.SendJsonAsync(HttpMethod.Put, Path, Canary);
        control.Traffic = RolloutMachine.Warmed(control.Traffic, control.Now);
    }

    private async Task<string> CommandAsync(string action, string reason = "") =>
        Text(await server.Client.SendJsonAsync(HttpMethod.Patch, Path, $$"""{"action":"{{action}}","reason":"{{reason}}"}"""), "phase");

    /// <summary>Sets an alias by a connection of one's own, with headers that no client sends.</summary>
    private Task<string> ExchangeAsync(string headers)
    {
        const string Body = """{"version":2}""";
        return server.ExchangeAsync(System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes(
            $"PUT /v2/models/m/aliases/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}Content-Length: {Body.Length}\r\n\r\n{Body}")));
    }
}
