using System.Net;
using Krewe.Launch.Http;
using Krewe.Launch.Start;

namespace Krewe.Launch.Health;

/// <summary>Asks a running process for its health, so that an image needs neither a shell nor curl for it.</summary>
internal static class HealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <summary>The exit code: success where <c>/v2/health/{question}</c> of the process that listens there answers with success.</summary>
    public static async Task<int> RunAsync(ListenEndpoint endpoint, string question, TextWriter error)
    {
        // A proxy from the environment is not for loopback.
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
