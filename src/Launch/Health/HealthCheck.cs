using System.Net;
using Krewe.Launch.Http;
using Krewe.Launch.Start;

namespace Krewe.Launch.Health;

/// <summary>Health check of a running process, so that images need neither a shell nor curl.</summary>
internal static class HealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <summary>The exit code: success if the process answers <c>/v2/health/{question}</c> with success.</summary>
    public static async Task<int> RunAsync(ListenEndpoint endpoint, string question, TextWriter error)
    {
        // A proxy from the environment must not be used for loopback.
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout };
        var address = HttpAddress.Callable(new Uri($"http://{new IPEndPoint(endpoint.Address, endpoint.Port)}"));
        try
        {
            using var response = await client.GetAsync(new Uri(address, $"v2/health/{question}"), HttpCompletionOption.ResponseHeadersRead);
            if (response.IsSuccessStatusCode)
            {
                return ExitCode.Success;
            }

            await error.WriteLineAsync($"krewe: not {question}: {address} answers {(int)response.StatusCode}");
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            await error.WriteLineAsync($"krewe: not {question}: {failure.Message}");
        }

        return ExitCode.Failure;
    }
}
