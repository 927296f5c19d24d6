using System.Net;
using System.Net.Security;
using Krewe.Abstractions.Tls;
using Krewe.Launch.Http;
using Krewe.Launch.Start;

namespace Krewe.Launch.Health;

/// <summary>Health check of a running process, so that images need neither a shell nor curl.</summary>
internal static class HealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <summary>The exit code: success if the process answers <c>/v2/health/{question}</c> with success.</summary>
    public static async Task<int> RunAsync(ListenEndpoint endpoint, TlsIdentity? tls, string question, TextWriter error)
    {
        // A proxy from the environment must not be used for loopback.
        using var handler = new SocketsHttpHandler { UseProxy = false };
        if (tls is not null)
        {
            // The process has the certificate of the same files, and takes it from its callers too. Its names need not include the address.
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificateContext = tls.Context,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => tls.Is(certificate),
            };
        }

        using var client = new HttpClient(handler) { Timeout = Timeout };
        var scheme = tls is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        var address = HttpAddress.Callable(new Uri($"{scheme}://{new IPEndPoint(endpoint.Address, endpoint.Port)}"));
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
