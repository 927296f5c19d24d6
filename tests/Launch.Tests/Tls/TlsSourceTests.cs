using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tls;
using Krewe.Processes;

namespace Krewe.Launch.Tests.Tls;

/// <summary>What certificates are read from, what is said of files that cannot be used, and what replaces them.</summary>
public sealed class TlsSourceTests : IDisposable
{
    private readonly TestAuthority authority = new();
    private readonly X509Certificate2 certificate;
    private readonly X509Certificate2 other;
    private readonly TlsFiles files;

    public TlsSourceTests()
    {
        (certificate, other) = (authority.Issue(), authority.Issue());
        files = new TlsFiles { Certificate = authority.Write(certificate) };
    }

    public void Dispose()
    {
        certificate.Dispose();
        other.Dispose();
        authority.Dispose();
    }

    [Fact]
    public void A_certificate_is_read_from_pem_and_pfx_with_and_without_a_password()
    {
        Assert.True(Open().Current.Is(certificate));
        Assert.False(Open().Current.AsksPeers);
        (files.Certificate, files.Key) = (Write("chain.pem", certificate.ExportCertificatePem() + "\n" + File.ReadAllText(authority.RootFile)), Write("key.pem", TestAuthority.KeyOf(certificate)));
        Assert.True(Open().Current.Is(certificate));
        (files.Key, files.PasswordFile) = (Write("key.pem", EncryptedKey("hush")), Write("password", "hush\n"));
        Assert.True(Open().Current.Is(certificate));
        (files.Certificate, files.Key) = (WritePfx("hush"), null);
        Assert.True(Open().Current.Is(certificate));
        (files.Certificate, files.PasswordFile, files.Authority) = (WritePfx(null), null, authority.RootFile);
        Assert.True(Open().Current.Is(certificate));
        Assert.True(Open().Current.AsksPeers);
    }

    [Fact]
    public void A_file_that_cannot_be_used_is_named_with_what_is_expected()
    {
        AssertProblem("' cannot be read: Could not find file", authority.PathOf("none.pem"));
        AssertProblem("' has no certificate: expected one in PEM or PFX", Write("key.pem", TestAuthority.KeyOf(certificate)));
        AssertProblem("' has no private key: expected one in PEM", Write("only.pem", certificate.ExportCertificatePem()));
        AssertProblem("' has no private key: expected one in PEM", files.Certificate!, key: authority.RootFile);
        AssertProblem("' cannot be used (it belongs to another certificate): expected that of the certificate in '", files.Certificate!, key: Write("other.pem", TestAuthority.KeyOf(other)));
        AssertProblem("' is encrypted: expected a file with its password", files.Certificate!, key: Write("key.pem", EncryptedKey("hush")));
        AssertProblem("' cannot be used (", files.Certificate!, key: authority.PathOf("key.pem"), password: Write("password", "loud"));
        AssertProblem("expected PEM, or PFX with the password in '", WritePfx("hush"), password: authority.PathOf("password"));
        AssertProblem("expected PEM, or PFX without a password", authority.PathOf("certificate.pfx"));
        AssertProblem("expected PEM, or PFX without a password", Write("text", "no certificate"));
        AssertProblem("' has no certificate of a root authority: expected one in PEM", files.Certificate!, ca: Write("only.pem", certificate.ExportCertificatePem()));
        using X509Certificate2 old = authority.Issue(fromDays: -20, toDays: -10), early = authority.Issue(fromDays: 10, toDays: 20);
        AssertProblem("' has expired: it is valid from ", authority.Write(old, "old.pem"));
        AssertProblem("' is not valid yet: it is valid from ", authority.Write(early, "early.pem"));
    }

    [Fact]
    public void What_replaces_the_files_is_in_force_when_they_are_read_again()
    {
        var source = Open();
        Assert.Equal(default, source.Reload());
        var former = source.Current;
        authority.Write(other);
        Assert.Equal(new TlsChange(true, null), source.Reload());
        Assert.True(source.Current.Is(other));
        Assert.True(former.Is(certificate));
        Assert.Equal(default, source.Reload());
    }

    [Fact]
    public void A_problem_that_lasts_is_told_once_and_the_former_certificate_stays()
    {
        var source = Open();
        Write("server.pem", other.ExportCertificatePem());
        Assert.Equal(default, source.Reload());
        var (isReplaced, problem) = source.Reload();
        Assert.False(isReplaced);
        Assert.Contains("server.pem' has no private key", problem);
        Assert.Equal(default, source.Reload());
        Assert.True(source.Current.Is(certificate));
        File.Delete(files.Certificate!);
        Assert.Equal(default, source.Reload());
        Assert.Contains("server.pem' cannot be read", source.Reload().Problem);
        authority.Write(certificate);
        Assert.Equal(default, source.Reload());
        authority.Write(other);
        Assert.True(source.Reload().IsReplaced);
    }

    [Fact]
    public void A_key_that_follows_its_certificate_later_is_no_problem()
    {
        (files.Certificate, files.Key) = (Write("c.pem", certificate.ExportCertificatePem()), Write("k.pem", TestAuthority.KeyOf(certificate)));
        var source = Open();
        Write("c.pem", other.ExportCertificatePem());
        Assert.Equal(default, source.Reload());
        Write("k.pem", TestAuthority.KeyOf(other));
        Assert.Equal(new TlsChange(true, null), source.Reload());
        Assert.True(source.Current.Is(other));
    }

    private static void AssertProblem(string expected, string certificate, string? key = null, string? password = null, string? ca = null)
    {
        var error = Assert.Throws<KreweException>(() => new TlsSource(
            new TlsFiles { Certificate = certificate, Key = key, PasswordFile = password, Authority = ca }, TimeProvider.System));
        Assert.Contains(expected, error.Message);
        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
    }

    private TlsSource Open() => new(files, TimeProvider.System);

    private string Write(string file, string text) => authority.Write(text, file);

    private string WritePfx(string? password)
    {
        File.WriteAllBytes(authority.PathOf("certificate.pfx"), certificate.Export(X509ContentType.Pkcs12, password));
        return authority.PathOf("certificate.pfx");
    }

    private string EncryptedKey(string password)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
    }
}
