using System.Diagnostics;
using System.Net;
using System.Text;

namespace Krewe.Programs.Tests.Running;

/// <summary>Calls that the tests make.</summary>
internal static class Calls
{
    private const string Body = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Calls the model; the result is its answer.</summary>
    public static async Task<string> InferAsync(Uri address)
    {
        using var client = new HttpClient { BaseAddress = address };
        using var content = new StringContent(Body, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/v2/models/linear/infer", content, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return text;
    }

    public static async Task<(HttpStatusCode Status, string Text)> GetAsync(Uri address, string path, string? credentials = null)
    {
        using var client = new HttpClient { BaseAddress = address };
        if (credentials is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        }

        using var answer = await client.GetAsync(path, Token);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    /// <summary>Asks for readiness until the answer has a text in it, or, for null, until there is none any more.</summary>
    public static async Task WaitForReadinessAsync(Uri address, string? expected)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            string? text;
            try
            {
                (_, text) = await GetAsync(address, "/v2/health/ready");
            }
            catch (HttpRequestException)
            {
                text = null;
            }

            if (expected is null ? text is null : text?.Contains(expected, StringComparison.Ordinal) == true)
            {
                return;
            }

            Assert.True(
                clock.Elapsed < Timeout,
                $"After {Timeout} the answer is '{text}', not {expected ?? "none: a program that SIGINT does not stop was started where SIGINT is ignored"}");
            await Task.Delay(Pause, Token);
        }
    }
}
