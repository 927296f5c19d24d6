using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Tls;

/// <summary>A certificate with its key, and the authorities that peers must have a certificate of. Immutable.</summary>
public sealed class TlsIdentity
{
    private readonly X509Certificate2 certificate;
    private readonly X509Certificate2Collection? authorities;

    private TlsIdentity(X509Certificate2 certificate, X509Certificate2Collection intermediates, X509Certificate2Collection? authorities)
    {
        (this.certificate, this.authorities) = (certificate, authorities);

        // Offline: nothing is downloaded to complete the chain.
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
    }

    /// <summary>The certificate and its chain, as TLS sends them.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>When the certificate expires.</summary>
    public DateTimeOffset ExpiresAt => certificate.NotAfter;

    /// <summary>True if peers must have a certificate.</summary>
    public bool AsksPeers => authorities is not null;

    /// <summary>
    /// Reads it from the contents of its files; throws <see cref="KreweException"/> (InvalidInput) for what cannot be used.
    /// </summary>
    internal static TlsIdentity Of(TlsFiles files, TlsFileContents contents, TimeProvider time)
    {
        var (certificate, intermediates) = CertificateReader.Read(files, contents);
        var now = time.GetUtcNow();
        if (now < certificate.NotBefore || now > certificate.NotAfter)
        {
            throw KreweException.InvalidInput(
                $"the certificate in '{files.Certificate}' {(now > certificate.NotAfter ? "has expired" : "is not valid yet")}: it is "
                    + $"valid from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u}, "
                    + "expected one that is valid now");
        }

        return new TlsIdentity(
            certificate, intermediates, files.Authority is null ? null : CertificateReader.ReadAuthorities(files, contents));
    }

    /// <summary>
    /// How a peer's certificate is checked: against the authorities alone, not those that the machine trusts, and without downloads, whose
    /// addresses the peer could choose. Null if peers need none.
    /// </summary>
    public X509ChainPolicy? PeerPolicy()
    {
        if (authorities is null)
        {
            return null;
        }

        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>True for this very certificate, whose key the peer then has as well.</summary>
    public bool Is(X509Certificate? other) =>
        other is X509Certificate2 peer && peer.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span);
}
