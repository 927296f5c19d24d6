using System.Buffers;
using Krewe.Api.Hosting;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Api.Server;

/// <summary>How Kestrel is set up under this API.</summary>
public static class KreweKestrel
{
    // Room for a name of 10 kB, percent-encoded: it deserves an answer that says what is wrong with it.
    private const int MaxRequestLineBytes = 40 * 1024;

    /// <summary>
    /// Makes Kestrel the server, with the limits that <see cref="KreweApi.AddKreweApi"/> was given; <paramref name="listen"/> says
    /// where it listens.
    /// </summary>
    public static IWebHostBuilder UseKreweKestrel(this IWebHostBuilder builder, Action<KestrelServerOptions> listen) =>
        builder.UseKestrelCore().ConfigureServices(services =>
        {
            // In place of the one that Kestrel has just registered: the last one wins.
            services.RemoveAll<IMemoryPoolFactory<byte>>();
            services.AddSingleton<IMemoryPoolFactory<byte>, BlockPoolFactory>();
            services.AddOptions<KestrelServerOptions>().Configure<ApiLimits>((server, limits) =>
            {
                SetDefaults(server, limits);
                listen(server);
            });
        });

    /// <summary>Listens with HTTP/1.1 and HTTP/2 alike, without TLS: how a connection begins decides.</summary>
    public static void UseCleartextHttp2(this ListenOptions endpoint)
    {
        endpoint.Protocols = HttpProtocols.Http1AndHttp2;
        var limits = endpoint.KestrelServerOptions.Limits;
        endpoint.Use(next => new CleartextHttp2(next, limits.KeepAliveTimeout).OnConnectionAsync);
    }

    /// <summary>Sets limits that protect the process and hides the server's name.</summary>
    private static void SetDefaults(KestrelServerOptions server, ApiLimits limits)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = limits.MaxBodyBytes;
        server.Limits.MaxRequestLineSize = MaxRequestLineBytes;
        server.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        server.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        server.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

        // Over plain TCP the scheme that a caller of HTTP/2 names is the only one there is; see CleartextHttp2.
        server.AllowAlternateSchemes = true;
        server.Limits.Http2.MaxStreamsPerConnection = 256;
    }
}

/// <summary>Gives all users in the server the same <see cref="BlockPool"/>.</summary>
internal sealed class BlockPoolFactory : IMemoryPoolFactory<byte>, IDisposable
{
    private readonly BlockPool pool = new();

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => pool;

    public void Dispose() => pool.Dispose();
}
