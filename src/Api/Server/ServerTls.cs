using System.Net.Security;
using System.Security.Authentication;
using Krewe.Abstractions.Tls;

namespace Krewe.Api.Server;

/// <summary>The server's side of TLS handshakes.</summary>
internal static class ServerTls
{
    /// <summary>
    /// TLS 1.2 or 1.3 with this certificate. Where callers need a certificate, the server's own counts too: only who has its key can
    /// present it, and the health check of the same process has it.
    /// </summary>
    public static SslServerAuthenticationOptions Handshake(TlsIdentity identity) => new()
    {
        ServerCertificateContext = identity.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = identity.AsksPeers,
        CertificateChainPolicy = identity.PeerPolicy(),
        RemoteCertificateValidationCallback = identity.AsksPeers
            ? (_, certificate, _, errors) => errors == SslPolicyErrors.None || identity.Is(certificate)
            : null,
    };
}
