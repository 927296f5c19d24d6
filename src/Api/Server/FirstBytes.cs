using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Krewe.Api.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Krewe.Api.Server;

/// <summary>
/// Waits for the first bytes of a connection, which is silent until then, and tells HTTP/2 from HTTP/1.1: with TLS by what the handshake
/// has negotiated (ALPN), in clear text by the connection preface (RFC 9113, 3.4). Kestrel treats every cleartext connection as HTTP/1.1;
/// one that starts with the preface gets a feature that says "h2" was negotiated.
/// </summary>
internal sealed class FirstBytes(ConnectionDelegate http1, ConnectionDelegate http2, TimeSpan timeout)
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        // Until the first byte arrives, neither Kestrel's timeouts nor its shutdown cover this connection.
        var closeRequested = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, closeRequested);
        end.CancelAfter(timeout);
        var negotiated = connection.Features.Get<ITlsApplicationProtocolFeature>()?.ApplicationProtocol;
        connection.Features.Get<HandshakeWatch>()?.End();
        var place = connection.Features.Get<AdmittedConnection>();
        place?.SetSilent(true);
        bool isHttp2;
        try
        {
            var awaited = negotiated is null ? Preface.Length : 1;
            isHttp2 = await BeginsWithPrefaceAsync(connection.Transport.Input, awaited, end.Token);
            isHttp2 = negotiated?.Span.SequenceEqual(SslApplicationProtocol.Http2.Protocol.Span) ?? isHttp2;
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            return;
        }
        finally
        {
            place?.SetSilent(false);
        }

        if (isHttp2 && negotiated is null)
        {
            var prior = new PriorKnowledge();
            connection.Features.Set<ITlsConnectionFeature>(prior);
            connection.Features.Set<ITlsApplicationProtocolFeature>(prior);
        }

        await (isHttp2 ? http2 : http1)(connection);
    }

    /// <summary>Reads so many bytes of the preface, or until one differs from it.</summary>
    private static async Task<bool> BeginsWithPrefaceAsync(PipeReader input, int awaited, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var compared = (int)Math.Min(buffer.Length, awaited);
            var agrees = Agrees(buffer.Slice(0, compared));
            if (!agrees || compared == awaited || result.IsCompleted)
            {
                // Nothing is consumed or examined: the next reader starts at the beginning.
                input.AdvanceTo(buffer.Start);
                return agrees && compared == awaited;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static bool Agrees(ReadOnlySequence<byte> start)
    {
        Span<byte> bytes = stackalloc byte[Preface.Length];
        start.CopyTo(bytes);
        return Preface.StartsWith(bytes[..(int)start.Length]);
    }

    private sealed class PriorKnowledge : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public X509Certificate2? ClientCertificate { get; set; }

        public ReadOnlyMemory<byte> ApplicationProtocol => SslApplicationProtocol.Http2.Protocol;

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
    }
}
