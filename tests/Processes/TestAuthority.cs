using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Krewe.Processes;

/// <summary>A certificate authority of the test's own, and the files of certificates that it issues; deleted at the end.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly X509Certificate2 root;

    public TestAuthority(string name = "Test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        root = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-400), TimeProvider.System.GetUtcNow().AddDays(400));
        File.WriteAllText(RootFile, root.ExportCertificatePem());
    }

    /// <summary>The authority's certificate, PEM.</summary>
    public string RootFile => PathOf("ca.pem");

    /// <summary>A path in the folder of the files.</summary>
    public string PathOf(string file) => Path.Combine(folder.Path, file);

    /// <summary>A certificate with its key, for loopback, valid between so many days from now.</summary>
    public X509Certificate2 Issue(string name = "localhost", int fromDays = -30, int toDays = 30)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var issued = request.Create(root, now.AddDays(fromDays), now.AddDays(toDays), RandomNumberGenerator.GetBytes(16));
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>Writes a certificate and its key to one file, in one step.</summary>
    public string Write(X509Certificate2 certificate, string file = "server.pem") =>
        Write(certificate.ExportCertificatePem() + "\n" + KeyOf(certificate), file);

    /// <summary>Writes a file in one step.</summary>
    public string Write(string text, string file)
    {
        File.WriteAllText(PathOf(file) + ".new", text);
        File.Move(PathOf(file) + ".new", PathOf(file), overwrite: true);
        return PathOf(file);
    }

    /// <summary>The private key in PEM.</summary>
    public static string KeyOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>Connections that trust this authority alone; the client's own certificate if there is one.</summary>
    public SocketsHttpHandler Handler(X509Certificate2? own = null, Action<X509Certificate2>? seen = null) => new()
    {
        UseProxy = false,
        SslOptions =
        {
            ClientCertificates = own is null ? null : [own],
            CertificateChainPolicy = Policy(),
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                seen?.Invoke((X509Certificate2)certificate!);
                return errors == System.Net.Security.SslPolicyErrors.None;
            },
        },
    };

    /// <summary>Trusts this authority alone.</summary>
    public X509ChainPolicy Policy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { root }, RevocationMode = X509RevocationMode.NoCheck,
    };

    public void Dispose()
    {
        root.Dispose();
        folder.Dispose();
    }
}
