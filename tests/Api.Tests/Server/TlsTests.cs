using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Krewe.Abstractions.Tls;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;
using Krewe.Processes;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Tests.Server;

/// <summary>What connections with TLS have in common with others, and what only they have: a handshake.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private readonly TestAuthority authority = new();
    private readonly X509Certificate2 certificate;

    public TlsTests() => certificate = authority.Issue();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        certificate.Dispose();
        authority.Dispose();
    }

    [Fact]
    public async Task A_request_that_the_server_rejects_is_answered_as_json()
    {
        await using var server = await StartAsync();
        await using var connection = await OpenAsync(server);
        await connection.WriteAsync("GET /v2/\0 HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Token);
        using var reader = new StreamReader(connection);
        var answer = await reader.ReadToEndAsync(Token);
        Assert.StartsWith("HTTP/1.1 400 ", answer);
        Assert.Contains("{\"error\":\"", answer);
    }

    [Fact]
    public async Task A_request_that_comes_byte_by_byte_is_understood_even_if_nothing_was_negotiated()
    {
        await using var server = await StartAsync();
        await using var connection = await OpenAsync(server);
        foreach (var letter in "PUT /v2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray())
        {
            await connection.WriteAsync(new[] { letter }, Token);
        }

        using var reader = new StreamReader(connection);
        Assert.StartsWith("HTTP/1.1 405 ", await reader.ReadToEndAsync(Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_says_nothing_does_not_delay_the_stop(bool isAfterHandshake)
    {
        await using var server = await StartAsync(static options => options.ShutdownTimeout = TimeSpan.FromMinutes(2));
        await using var silent = await server.ConnectAsync();
        await using var stream = new SslStream(silent);
        if (isAfterHandshake)
        {
            await HandshakeAsync(stream);
        }

        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(20), Token);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Callers_take_the_place_of_connections_without_a_request(bool isAfterHandshake)
    {
        await using var server = await StartAsync(static options => options.Limits.MaxConnections = 4);
        var silent = new List<SslStream>();
        for (var i = 0; i < 12; i++)
        {
            silent.Add(new SslStream(await server.ConnectAsync()));
            if (isAfterHandshake)
            {
                await HandshakeAsync(silent[i]);
            }
        }

        for (var i = 0; i < 4; i++)
        {
            await using var caller = await OpenAsync(server);
            Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(caller));
        }

        silent.ForEach(static stream => stream.Dispose());
    }

    [Fact]
    public async Task A_hello_that_nobody_understands_is_no_error()
    {
        await using var server = await StartAsync();
        byte[][] hellos =
        [
            [0x16, 3, 1, 0, 4, 1, 0, 0, 0], [0x16, 3, 3, 0, 2, 255, 255], [0x80, 4, 1, 3, 1, 0], [0x17, 3, 3, 0, 1, 0], [0x16, 3, 1, 255, 255],
            [0x16, 3, 2, 0, 47, 1, 0, 0, 43, 3, 2, .. new byte[33], 0, 2, 0, 47, 1, 0, 0, 0],
        ];
        foreach (var hello in hellos)
        {
            await using var stranger = await server.ConnectAsync();
            await stranger.WriteAsync(hello, Token);
            stranger.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            try
            {
                await stranger.CopyToAsync(Stream.Null, Token).WaitAsync(Soon, Token);
            }
            catch (IOException)
            {
                // A reset is an end too.
            }
        }

        await using var caller = await OpenAsync(server);
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(caller));
        Assert.DoesNotContain(server.Log.GetSnapshot(), static record => record.Level >= LogLevel.Warning);
        Assert.Contains(server.Log.GetSnapshot(), static record => record.Id.Id == 316);
    }

    [Theory]
    [InlineData("https://localhost", HttpStatusCode.OK)]
    [InlineData("http://localhost", HttpStatusCode.Forbidden)]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    public async Task A_page_in_clear_text_is_of_another_origin(string origin, HttpStatusCode expected)
    {
        await using var server = await StartAsync();
        using var client = new HttpClient(authority.Handler());
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, "/v2/repository/index"));
        request.Headers.Host = "localhost";
        request.Headers.Add("Origin", origin);
        using var answer = await client.SendAsync(request, Token);
        Assert.Equal(expected, answer.StatusCode);
    }

    private static async Task<string> AskAsync(SslStream connection)
    {
        await connection.WriteAsync("GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Token);
        var bytes = new byte[4096];
        return Encoding.ASCII.GetString(bytes, 0, await connection.ReadAsync(bytes, Token));
    }

    private async Task<SslStream> OpenAsync(ApiServer server)
    {
        var stream = new SslStream(await server.ConnectAsync());
        await HandshakeAsync(stream);
        return stream;
    }

    private Task HandshakeAsync(SslStream stream) => stream.AuthenticateAsClientAsync(
        new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = authority.Policy() }, Token);

    private Task<ApiServer> StartAsync(Action<ApiOptions>? configure = null) => ApiServer.StartAsync(new FakeModelHost(), options =>
    {
        options.Tls = new TlsSource(new TlsFiles { Certificate = authority.Write(certificate) }, TimeProvider.System);
        configure?.Invoke(options);
    });
}
