using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;
using Krewe.Api.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Krewe.Api.Server;

/// <summary>
/// Detects HTTP/2 with prior knowledge on a cleartext port that also serves HTTP/1.1, by the connection preface (RFC 9113, 3.4).
/// Kestrel relies on TLS (ALPN) and treats every cleartext connection as HTTP/1.1; a connection that starts with the preface gets a feature
/// that says "h2" was negotiated.
/// </summary>
internal sealed class CleartextHttp2(ConnectionDelegate http1, ConnectionDelegate http2, TimeSpan timeout)
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        // Until the first byte arrives, neither Kestrel's timeouts nor its shutdown cover this connection.
        var closeRequested = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, closeRequested);
        end.CancelAfter(timeout);
        var place = connection.Features.Get<AdmittedConnection>();
        place?.SetSilent(true);
        bool isHttp2;
        try
        {
            isHttp2 = await BeginsWithPrefaceAsync(connection.Transport.Input, end.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            return;
        }
        finally
        {
            place?.SetSilent(false);
        }

        if (isHttp2)
        {
            var negotiated = new NegotiatedHttp2();
            connection.Features.Set<ITlsConnectionFeature>(negotiated);
            connection.Features.Set<ITlsApplicationProtocolFeature>(negotiated);
        }

        await (isHttp2 ? http2 : http1)(connection);
    }

    private static async Task<bool> BeginsWithPrefaceAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var compared = (int)Math.Min(buffer.Length, Preface.Length);
            var agrees = Agrees(buffer.Slice(0, compared));
            if (!agrees || compared == Preface.Length || result.IsCompleted)
            {
                // Nothing is consumed or examined: the next reader starts at the beginning.
                input.AdvanceTo(buffer.Start);
                return agrees && compared == Preface.Length;
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

    private sealed class NegotiatedHttp2 : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        private static readonly byte[] Http2 = "h2"u8.ToArray();

        public X509Certificate2? ClientCertificate { get; set; }

        public ReadOnlyMemory<byte> ApplicationProtocol => Http2;

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
    }
}
