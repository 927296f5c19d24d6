using System.Buffers;
using Krewe.Api.Connections;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Server;

/// <summary>Configures Kestrel for this API.</summary>
public static class KreweKestrel
{
    // Allows a percent-encoded model name of 10 kB, which gets a proper error response.
    private const int MaxRequestLineBytes = 40 * 1024;

    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Makes Kestrel the server, with the limits that <c>AddKreweApi</c> was given; <paramref name="listen"/> says
    /// where it listens.
    /// </summary>
    public static IWebHostBuilder UseKreweKestrel(this IWebHostBuilder builder, Action<KestrelServerOptions> listen) =>
        builder.UseKestrelCore().ConfigureServices(services =>
        {
            // Replaces Kestrel's registration.
            services.RemoveAll<IMemoryPoolFactory<byte>>();
            services.AddSingleton<IMemoryPoolFactory<byte>, BlockPoolFactory>();

            // Kestrel asks the listener that was registered last.
            services.AddSingleton<ConnectionTable>();
            services.AddSingleton<IConnectionListenerFactory>(provider => new LimitedListenerFactory(
                ActivatorUtilities.CreateInstance<SocketTransportFactory>(provider), provider.GetRequiredService<ConnectionTable>(),
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LimitedListenerFactory>>()));
            services.AddOptions<KestrelServerOptions>().Configure<ApiLimits>((server, limits) =>
            {
                SetDefaults(server, limits);
                listen(server);
            });
        });

    /// <summary>
    /// Accepts both HTTP/1.1 and HTTP/2: with TLS if <see cref="ApiOptions.Tls"/> is set, else in clear text, by the start of the
    /// connection. One that sends nothing is closed as soon as its place is needed, or when a request's headers would be too late.
    /// </summary>
    public static void UseHttp(this ListenOptions endpoint) => Accept(endpoint, HttpProtocols.Http1AndHttp2);

    /// <summary>Accepts HTTP/2 alone, for gRPC; TLS and silent connections as above.</summary>
    public static void UseGrpc(this ListenOptions endpoint) => Accept(endpoint, HttpProtocols.Http2);

    private static void Accept(ListenOptions endpoint, HttpProtocols protocols)
    {
        endpoint.Protocols = protocols;
        var services = endpoint.ApplicationServices;
        if (services.GetRequiredService<ApiOptions>().Tls is { } tls)
        {
            endpoint.Use(next => HandshakeWatch.Around(next, services.GetRequiredService<ILogger<HandshakeWatch>>()));
            endpoint.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = HandshakeTimeout,
                OnConnection = _ => new(ServerTls.Handshake(tls.Current)),
            });
        }

        var limits = endpoint.KestrelServerOptions.Limits;
        endpoint.Use(next => new FirstBytes(next, Aged(endpoint, next), limits.RequestHeadersTimeout).OnConnectionAsync);
    }

    private static ConnectionDelegate Aged(ListenOptions endpoint, ConnectionDelegate next)
    {
        var services = endpoint.ApplicationServices;
        return new ConnectionAge(
            next, services.GetRequiredService<ApiLimits>(), services.GetRequiredService<TimeProvider>()).OnConnectionAsync;
    }

    /// <summary>Sets limits that protect the process, and hides the server header.</summary>
    private static void SetDefaults(KestrelServerOptions server, ApiLimits limits)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = limits.MaxBodyBytes;
        server.Limits.MaxRequestLineSize = MaxRequestLineBytes;
        server.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        server.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        server.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

        // Over plain TCP, clients of HTTP/2 may send any scheme; see FirstBytes.
        server.AllowAlternateSchemes = true;
        server.Limits.Http2.MaxStreamsPerConnection = 256;

        // A stream may be idle for hours; only a ping tells whether its client is still there.
        server.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromMinutes(1);
    }
}

/// <summary>Shares one <see cref="BlockPool"/> across the server.</summary>
internal sealed class BlockPoolFactory : IMemoryPoolFactory<byte>, IDisposable
{
    private readonly BlockPool pool = new();

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => pool;

    public void Dispose() => pool.Dispose();
}
