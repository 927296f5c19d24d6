using System.Net;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;
using Krewe.Processes;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Tests.Errors;

public sealed class ErrorResponseTests : IAsyncLifetime
{
    private const string Call = """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""";
    private readonly FakeModelHost host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));
    private ApiServer server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(host);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("POST", "/v2/models/house-prise/infer", "Request for unknown model: 'house-prise' is not found; did you mean 'house-price'?")]
    [InlineData("POST", "/v2/models/House/infer", "Request for unknown model: 'House' is not found; did you mean 'house-price'?")]
    [InlineData("POST", "/v2/models/M2/infer", "Request for unknown model: 'M2' is not found; did you mean 'm'?")]
    [InlineData("POST", "/v2/models/something-else/infer", "Request for unknown model: 'something-else' is not found")]
    [InlineData("POST", "/v2/models/house-prise/versions/01/infer", "Request for unknown model: 'house-prise' is not found; did you mean 'house-price'?")]
    [InlineData("POST", "/v2/models/m/versions/7/infer", "Request for unknown model: 'm' version '7' is not found")]
    [InlineData("POST", "/v1/models/house-prise:predict", "Request for unknown model: 'house-prise' is not found; did you mean 'house-price'?")]
    [InlineData("POST", "/v2/repository/models/house-prise/load", "Request for unknown model: 'house-prise' is not found; did you mean 'house-price'?")]
    [InlineData("PUT", "/v2/models/house-prise/rollout", "Request for unknown model: 'house-prise' is not found; did you mean 'house-price'?")]
    [InlineData("PUT", "/v2/models/house-prise/aliases/x", "Request for unknown model: 'house-prise' is not found; did you mean 'house-price'?")]
    public async Task A_misspelt_name_comes_before_what_is_wrong_with_the_body(string method, string path, string text)
    {
        host.Add("house-price");
        Assert.Equal(text, await server.Client.FailAsync(new HttpMethod(method), path, 404, "{no JSON"));
        await server.Client.FailAsync(HttpMethod.Post, "/v2/models/m/infer", 400, "{no JSON");
    }

    [Theory]
    [InlineData("GET", "/nothing", 404, "nothing is at '/nothing': see /docs for the API")]
    [InlineData("GET", "/v2/models/m/", 200, "")]
    [InlineData("GET", "/v2/models/m/infer", 405, "method GET is not allowed at '/v2/models/m/infer': expected POST")]
    [InlineData("DELETE", "/v2", 405, "method DELETE is not allowed at '/v2': expected GET, HEAD")]
    [InlineData("GET", "/docs/nothing.js", 404, "nothing is at '/docs/nothing.js': see /docs for the API")]
    [InlineData("GET", "/v2/models/nope", 404, "Request for unknown model: 'nope' is not found")]
    [InlineData("GET", "/v2/models/m/versions/7", 404, "Request for unknown model: 'm' version '7' is not found")]
    [InlineData("GET", "/v2/models/m/versions/0", 400, "'0' is not a model version: expected a positive integer without leading zeros, or an alias")]
    [InlineData("GET", "/v2/models/a%2Fb", 400, "'a%2Fb' is not a model name: expected 1 to 128 letters, digits, '.', '_' or '-', not starting with a dot")]
    [InlineData("GET", "/v2/models/..%2Fa/stats", 400, "'..%2Fa' is not a model name: expected 1 to 128 letters, digits, '.', '_' or '-', not starting with a dot")]
    [InlineData("GET", "/v2/models/%C3%A9", 400, "'é' is not a model name: expected 1 to 128 letters, digits, '.', '_' or '-', not starting with a dot")]
    public async Task Every_wrong_path_or_verb_has_its_text(string method, string path, int status, string text)
    {
        if (status == 200)
        {
            await server.Client.GetJsonAsync(path);
            return;
        }

        Assert.Equal(text, await server.Client.FailAsync(new HttpMethod(method), path, status));
    }

    [Fact]
    public async Task A_wrong_verb_gets_the_right_one()
    {
        using var response = await server.Client.GetAsync("/v2/models/m/infer", Token);
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_refusal_for_load_says_when_to_come_again()
    {
        host.Infer = (_, _) => throw KreweException.Overloaded("full", TimeSpan.FromSeconds(2.5));
        using var response = await server.Client.PostAsync("/v2/models/m/infer", new StringContent(Call), Token);
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(3), response.Headers.RetryAfter!.Delta);
        Assert.Equal("full", await JsonClient.ReadErrorAsync(response));
    }

    [Fact]
    public async Task A_fault_of_ours_is_logged_with_the_model_and_not_shown()
    {
        host.Infer = (_, _) => throw new InvalidOperationException("/etc/secret");
        Assert.Equal("internal error", await server.Client.FailAsync(HttpMethod.Post, "/v2/models/m/versions/1/infer", 500, Call));
        var logged = Assert.Single(server.Log.GetSnapshot(), entry => entry.Level >= LogLevel.Warning);
        Assert.Equal(LogLevel.Error, logged.Level);
        Assert.Equal("POST /v2/models/m/versions/1/infer failed unexpectedly (model 'm/1')", logged.Message);
        Assert.Equal("/etc/secret", logged.Exception!.Message);
    }

    [Fact]
    public async Task A_fault_of_the_caller_is_not_logged_above_debug()
    {
        await server.Client.FailAsync(HttpMethod.Post, "/v2/models/m/infer", 400, "{");
        await server.Client.FailAsync(HttpMethod.Post, "/v2/models/nope/infer", 404, Call);
        Assert.Empty(server.Log.Warnings);
        Assert.Contains(server.Log.GetSnapshot(), entry => entry.Level == LogLevel.Debug && entry.Message.StartsWith("404 to POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disconnected_caller_ends_the_call_and_is_no_error()
    {
        var called = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        host.Infer = async (_, cancellationToken) =>
        {
            called.SetResult();
            await using (cancellationToken.Register(cancelled.SetResult))
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            throw new InvalidOperationException("nobody gets here");
        };
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var call = server.Client.PostAsync("/v2/models/m/infer", new StringContent(Call), leaving.Token);
        await called.Task.WaitAsync(Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await cancelled.Task.WaitAsync(Token);
        Assert.Empty(server.Log.Warnings);
    }

    [Fact]
    public async Task The_head_of_what_can_be_read_is_answered()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/v2?pretty");
        using var response = await server.Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Content.Headers.ContentLength > 0);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Token));
    }
}
