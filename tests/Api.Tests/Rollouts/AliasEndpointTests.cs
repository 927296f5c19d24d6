using Krewe.Abstractions.Errors;
using Krewe.Api.Endpoints;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Rollouts;

public sealed class AliasEndpointTests : IAsyncLifetime
{
    private const string Path = "/v2/models/m/aliases";
    private const string Unset = """{"aliases":{"latest":{"version":"3","set":false},"prod":{"version":"3","set":false}}}""";
    private const string Beta = """{"aliases":{"beta":{"version":"2","set":true},"latest":{"version":"3","set":false},"prod":{"version":"3","set":false}}}""";
    private readonly FakeRolloutControl control = new();
    private ApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(new FakeModelHost().Add("m"), rollouts: control);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Aliases_are_shown_set_or_not()
    {
        Assert.Equal(Unset, (await server.Client.GetJsonAsync(Path)).GetRawText());
        Assert.Equal("Request for unknown model: 'nope' is not found", await server.Client.FailAsync(HttpMethod.Get, "/v2/models/nope/aliases", 404));
    }

    [Theory]
    [InlineData("""{"version":"2"}""", "")]
    [InlineData("""{"version":2,"reason":"for testers"}""", "for testers")]
    public async Task One_is_set_and_removed(string body, string reason)
    {
        Assert.Equal(Beta, (await server.Client.SendJsonAsync(HttpMethod.Put, Path + "/beta", body, "Krewe-Actor: ann")).GetRawText());
        Assert.Equal(("ann", reason), (control.Author!.Actor, control.Author.Why));
        Assert.Equal(Unset, (await server.Client.SendJsonAsync(HttpMethod.Delete, Path + "/beta", """{"reason":"tested"}""")).GetRawText());
        Assert.Equal(("127.0.0.1", "tested"), (control.Author.Actor, control.Author.Why));
    }

    [Fact]
    public async Task Several_are_set_and_removed_by_one_call()
    {
        await server.Client.SendJsonAsync(HttpMethod.Put, Path + "/old", """{"version":1}""");
        var answer = await server.Client.SendJsonAsync(HttpMethod.Put, Path, """{"aliases":{"prod":1,"beta":"2","old":null},"reason":"new testers"}""");
        Assert.Equal(
            """{"aliases":{"beta":{"version":"2","set":true},"latest":{"version":"3","set":false},"prod":{"version":"1","set":true}}}""",
            answer.GetRawText());
        Assert.All(control.Traffic.History.Skip(1), entry => Assert.Equal("new testers", entry.Why));
        Assert.Equal(answer.GetRawText(), (await server.Client.SendJsonAsync(HttpMethod.Put, Path, """{"aliases":{}}""")).GetRawText());
    }

    [Fact]
    public async Task Where_one_of_several_fails_those_before_it_are_named()
    {
        Assert.Equal(
            "Request for unknown model: 'm' version '9' is not found (already changed: 'a', 'b')",
            await server.Client.FailAsync(HttpMethod.Put, Path, 404, """{"aliases":{"a":1,"b":2,"c":9,"d":1}}"""));
        Assert.Equal(["a", "b"], control.Traffic.Aliases.Keys);
        Assert.Equal(
            "Request for unknown model: 'm' version '9' is not found",
            await server.Client.FailAsync(HttpMethod.Put, Path, 404, """{"aliases":{"c":9}}"""));
    }

    [Fact]
    public async Task What_the_control_refuses_has_its_status()
    {
        Assert.Equal(
            "the alias 'beta' is not set: there is nothing to remove", await server.Client.FailAsync(HttpMethod.Delete, Path + "/beta", 404));
        await server.Client.SendJsonAsync(HttpMethod.Put, "/v2/models/m/rollout", """{"strategy":"canary","version":2}""");
        Assert.Contains("promote or abort it first", await server.Client.FailAsync(HttpMethod.Put, Path + "/prod", 409, """{"version":3}"""));
        control.Failure = KreweException.Overloaded("there is no room in memory", TimeSpan.FromSeconds(3));
        Assert.Equal("there is no room in memory", await server.Client.FailAsync(HttpMethod.Put, Path + "/beta", 429, """{"version":3}"""));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("007")]
    [InlineData(".x")]
    [InlineData("a b")]
    [InlineData("a%2Fb")]
    [InlineData("%C3%A9")]
    [InlineData("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg")]
    public async Task An_invalid_alias_in_a_path_is_refused(string alias)
    {
        Assert.Contains(": expected 1 to 64 letters", await server.Client.FailAsync(HttpMethod.Put, $"{Path}/{alias}", 400, """{"version":1}"""));
        Assert.Contains(": expected 1 to 64 letters", await server.Client.FailAsync(HttpMethod.Delete, $"{Path}/{alias}", 400));
        Assert.Equal(0, control.Traffic.Revision);
    }

    [Theory]
    [InlineData("", "the body is empty: expected an object such as {\"aliases\": {\"prod\": \"2\"}}")]
    [InlineData("{}", "the body has no 'aliases': expected it")]
    [InlineData("""{"prod":1}""", "the body has an unknown member 'prod': expected 'aliases', 'reason'")]
    [InlineData("""{"aliases":[]}""", "'aliases' is an array: expected an object such as {\"prod\": \"2\"}")]
    [InlineData("""{"aliases":null}""", "'aliases' is null: expected an object such as {\"prod\": \"2\"}")]
    [InlineData("""{"aliases":{"a":1,"a":2}}""", "'aliases' has 'a' twice: expected it once")]
    [InlineData("""{"aliases":{"a":1,"":2}}""", "'' is not an alias: expected 1 to 64 letters, digits, '.', '_' or '-', not starting with a dot, at least one of them not a digit")]
    [InlineData("""{"aliases":{"a":1,"2":2}}""", "'2' is not an alias: expected 1 to 64 letters, digits, '.', '_' or '-', not starting with a dot, at least one of them not a digit")]
    [InlineData("""{"aliases":{"a":1,"b":"beta"}}""", "'aliases.b' is 'beta': expected the number of a version, a positive integer without leading zeros")]
    [InlineData("""{"aliases":{"a":1,"b":{"version":1}}}""", "'aliases.b' is an object: expected the number of a version, a positive integer without leading zeros")]
    [InlineData("""{"aliases":{"a":1},"reason":[]}""", "'reason' is an array: expected a string")]
    public async Task A_body_of_several_that_is_wrong_changes_nothing(string body, string error)
    {
        Assert.Equal(error, await server.Client.FailAsync(HttpMethod.Put, Path, 400, body));
        Assert.Equal(0, control.Traffic.Revision);
    }

    [Theory]
    [InlineData("PUT", "", "the body is empty: expected an object such as {\"version\": \"2\"}")]
    [InlineData("PUT", "{}", "the body has no 'version': expected it")]
    [InlineData("PUT", """{"version":null}""", "'version' is null: expected the number of a version, a positive integer without leading zeros")]
    [InlineData("PUT", """{"version":1,"alias":"a"}""", "the body has an unknown member 'alias': expected 'version', 'reason'")]
    [InlineData("DELETE", """{"version":1}""", "the body has an unknown member 'version': expected 'reason'")]
    public async Task A_body_of_one_that_is_wrong_changes_nothing(string method, string body, string error)
    {
        Assert.Equal(error, await server.Client.FailAsync(new HttpMethod(method), Path + "/beta", 400, body));
        Assert.Equal(0, control.Traffic.Revision);
    }

    [Theory]
    [InlineData("PUT", Path)]
    [InlineData("PUT", Path + "/beta")]
    [InlineData("DELETE", Path + "/beta")]
    public async Task A_body_has_a_limit(string method, string path) => Assert.Contains(
        "64 KiB", await server.Client.FailAsync(new HttpMethod(method), path, 413, new string(' ', ControlBody.MaxBytes + 1)));
}
