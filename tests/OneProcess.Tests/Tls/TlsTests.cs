using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Krewe.OneProcess.Tests.Start;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Tls;

/// <summary>TLS as operators set it up: files of a certificate, which change while the program serves.</summary>
public sealed class TlsTests : IDisposable
{
    private const string Body = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";
    private readonly ModelFolder models = new();
    private readonly TestAuthority authority = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        authority.Dispose();
        models.Dispose();
    }

    [Fact]
    public async Task Every_port_speaks_tls_and_nothing_else()
    {
        using var certificate = authority.Issue();
        await using var program = await ServeAsync("--tls-certificate", authority.Write(certificate));
        Assert.All([program.Api, program.Grpc, program.Admin], static address => Assert.Equal("https", address.Scheme));
        using var client = new HttpClient(authority.Handler());
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            Assert.Equal((HttpStatusCode.OK, version), await InferAsync(client, program.Api, version));
        }

        Assert.Contains("krewe_http_connections", await client.GetStringAsync(new Uri(program.Admin, "/metrics"), Token));
        await CheckGrpcAsync(program.Api, authority.Handler());
        await CheckGrpcAsync(program.Grpc, authority.Handler());

        // Clear text gets no answer, in either version of HTTP, and harms nobody.
        foreach (var text in new[] { "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\u0001\u0002" })
        {
            foreach (var address in new[] { program.Api, program.Grpc, program.Admin })
            {
                Assert.DoesNotContain("HTTP/1.1", await ExchangeAsync(address, text));
            }
        }

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), await InferAsync(client, program.Api, HttpVersion.Version20));
        Assert.Equal(0, (await HealthAsync(program, "--tls-certificate", authority.PathOf("server.pem"))).ExitCode);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
#pragma warning disable SYSLIB0039, CA5397 // What is refused.
    [InlineData(SslProtocols.Tls11, false)]
#pragma warning restore SYSLIB0039, CA5397
    public async Task Old_versions_of_tls_are_refused(SslProtocols version, bool isSpoken)
    {
        using var certificate = authority.Issue();
        await using var program = await ServeAsync("--tls-certificate", authority.Write(certificate));
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, program.Api.Port, Token);
        await using var stream = new SslStream(socket.GetStream());
        var handshake = stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version, CertificateChainPolicy = authority.Policy() }, Token);
        if (isSpoken)
        {
            await handshake;
            Assert.Equal(version, stream.SslProtocol);
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => handshake);
        }
    }

    [Fact]
    public async Task A_certificate_is_replaced_under_load_without_a_failed_call()
    {
        using X509Certificate2 first = authority.Issue(), second = authority.Issue(), third = authority.Issue();
        await using var program = await ServeAsync("--tls-certificate", authority.Write(first));
        var (kept, fresh) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        using var keptClient = new HttpClient(authority.Handler(seen: seen => kept.Enqueue(seen.Thumbprint)));
        var load = SteadyLoad.Start(4, caller => caller < 2
            ? _ => CallAsync(keptClient, program.Api)
            : async _ =>
            {
                using var client = new HttpClient(authority.Handler(seen: seen => fresh.Enqueue(seen.Thumbprint)));
                return await CallAsync(client, program.Api);
            });
        await load.WaitForAnswersAsync(20);
        foreach (var next in new[] { second, third })
        {
            authority.Write(next);
            await UntilAsync(() => fresh.Contains(next.Thumbprint));
        }

        // What cannot be used changes nothing.
        authority.Write(first.ExportCertificatePem() + "\n" + TestAuthority.KeyOf(second), "server.pem");
        await UntilAsync(() => program.Log.Any(static line => line.Contains("stays in force", StringComparison.Ordinal)));
        await load.WaitForAnswersAsync(20);
        await load.StopAsync();

        Assert.Empty(load.Failures);
        Assert.Equal(third.Thumbprint, fresh.Last());
        Assert.All(kept, thumbprint => Assert.Equal(first.Thumbprint, thumbprint));
        Assert.Contains(program.Log, line => line.Contains(" warn: ", StringComparison.Ordinal) && line.Contains("server.pem' cannot be used", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_has_no_certificate_of_the_authority_gets_no_answer()
    {
        using var clients = new TestAuthority("Clients");
        using X509Certificate2 certificate = authority.Issue(), own = clients.Issue("caller"), foreign = authority.Issue("caller"), old = clients.Issue("caller", -20, -10);
        await using var program = await ServeAsync("--tls-certificate", authority.Write(certificate), "--tls-client-ca", clients.RootFile);
        using (var known = new HttpClient(authority.Handler(own)))
        {
            Assert.Equal(HttpStatusCode.OK, (await InferAsync(known, program.Api, HttpVersion.Version20)).Status);
            Assert.True((await known.GetAsync(new Uri(program.Admin, "/metrics"), Token)).IsSuccessStatusCode);
            await CheckGrpcAsync(program.Grpc, authority.Handler(own));
        }

        foreach (var other in new[] { null, foreign, old })
        {
            foreach (var address in new[] { program.Api, program.Admin })
            {
                using var client = new HttpClient(authority.Handler(other));
                await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri(address, "/v2/health/live"), Token));
            }

            await Assert.ThrowsAsync<RpcException>(() => CheckGrpcAsync(program.Grpc, authority.Handler(other)));
        }

        string[] options = ["--tls-certificate", authority.PathOf("server.pem"), "--tls-client-ca", clients.RootFile];
        Assert.Equal(0, (await HealthAsync(program, options)).ExitCode);
    }

    [Fact]
    public async Task The_command_for_keys_trusts_the_authority_that_it_is_given()
    {
        using var certificate = authority.Issue();
        await using var program = await ServeAsync("--auth", "keys", "--tls-certificate", authority.Write(certificate));
        foreach (var (variable, isTrusted) in new[] { (authority.RootFile, true), ("", false) })
        {
            await using var command = ProgramProcess.StartCommand(
                [Path.Combine(Clone.Root, "krewe"), "key", "create", "--tenant", "a", "--role", "caller", "--models", "*", "--url", $"{program.Api}",
                    "--admin-key-file", Path.Combine(models.Root, ".krewe", "admin-key")],
                new Dictionary<string, string?> { ["KREWE_CA_FILE"] = variable });
            var end = await command.EndAsync();
            Assert.True(end.ExitCode == 0 == isTrusted, end.Error);
        }
    }

    private static async Task CheckGrpcAsync(Uri address, SocketsHttpHandler handler)
    {
        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        var answer = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), cancellationToken: Token);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
    }

    private static async Task<string?> CallAsync(HttpClient client, Uri api)
    {
        try
        {
            var (status, _) = await InferAsync(client, api, HttpVersion.Version11);
            return status == HttpStatusCode.OK ? null : $"{status}";
        }
        catch (HttpRequestException error)
        {
            return error.ToString();
        }
    }

    private static async Task<(HttpStatusCode Status, Version Version)> InferAsync(HttpClient client, Uri api, Version version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(api, "/v2/models/linear/infer"))
        {
            Content = new StringContent(Body, Encoding.UTF8), Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await client.SendAsync(request, Token);
        return (answer.StatusCode, answer.Version);
    }

    /// <summary>Sends this and reads until the server ends the connection.</summary>
    private static async Task<string> ExchangeAsync(Uri address, string text)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, Token);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), Token);
        using var read = new MemoryStream();
        try
        {
            await stream.CopyToAsync(read, Token);
        }
        catch (IOException)
        {
            // A reset is an end too.
        }

        return Encoding.Latin1.GetString(read.ToArray());
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !condition(); await Task.Delay(20, Token))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < ProgramProcess.Timeout, "it did not happen in time");
        }
    }

    private Task<ProgramProcess> ServeAsync(params string[] more) =>
        KreweRun.ServeAsync(["--models", models.Root, "--http-port", "0", "--grpc-port", "0", .. more]);

    private Task<ProgramEnd> HealthAsync(ProgramProcess program, params string[] options) =>
        KreweRun.RunAsync(["--models", models.Root, "--http-port", $"{program.Api.Port}", "--health", "ready", .. options]);
}
