using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Tls;

/// <summary>
/// Reads certificates and keys from the contents of their files; throws <see cref="KreweException"/> (InvalidInput) that says what is wrong
/// with which file.
/// </summary>
internal static class CertificateReader
{
    private const string KeyLabel = "PRIVATE KEY-----";

    /// <summary>The certificate with its private key, and those of intermediate authorities.</summary>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Intermediates) Read(TlsFiles files, TlsFileContents contents)
    {
        var text = Encoding.UTF8.GetString(contents.Certificate.Span);
        var password = Encoding.UTF8.GetString(contents.Password.Span).Split('\n')[0].TrimEnd('\r');
        return text.Contains("-----BEGIN ", StringComparison.Ordinal)
            ? ReadPem(files, text, files.Key is null ? text : Encoding.UTF8.GetString(contents.Key.Span), password)
            : ReadPfx(files, contents.Certificate.Span, password);
    }

    /// <summary>The certificates of authorities.</summary>
    public static X509Certificate2Collection ReadAuthorities(TlsFiles files, TlsFileContents contents)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(Encoding.UTF8.GetString(contents.Authority.Span));
        }
        catch (CryptographicException error)
        {
            throw Unreadable(files.Authority, error);
        }

        return authorities.Any(static authority => authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData))
            ? authorities
            : throw KreweException.InvalidInput(
                $"'{files.Authority}' has no certificate of a root authority: expected one in PEM, which has signed itself");
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection Intermediates) ReadPem(
        TlsFiles files, string text, string keyText, string password)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(text);
        }
        catch (CryptographicException error)
        {
            throw Unreadable(files.Certificate, error);
        }

        if (chain.Count == 0)
        {
            throw KreweException.InvalidInput($"'{files.Certificate}' has no certificate: expected one in PEM or PFX");
        }

        if (!keyText.Contains(KeyLabel, StringComparison.Ordinal))
        {
            throw KreweException.InvalidInput(
                $"'{files.Key ?? files.Certificate}' has no private key: expected one in PEM in the certificate's file, or in its own");
        }

        var isEncrypted = keyText.Contains("ENCRYPTED " + KeyLabel, StringComparison.Ordinal);
        if (isEncrypted && password.Length == 0)
        {
            throw NeedsPassword(files.Key ?? files.Certificate);
        }

        chain.RemoveAt(0);
        return (WithKey(files, text, keyText, isEncrypted ? password : null), chain);
    }

    private static X509Certificate2 WithKey(TlsFiles files, string text, string keyText, string? password)
    {
        try
        {
            using var read = password is null
                ? X509Certificate2.CreateFromPem(text, keyText) : X509Certificate2.CreateFromEncryptedPem(text, keyText, password);

            // Windows serves no key that is only in memory.
            return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw KreweException.InvalidInput(
                $"the private key in '{files.Key ?? files.Certificate}' cannot be used ({Reason(error)}): expected that of "
                    + $"the certificate in '{files.Certificate}'"
                    + (password is null ? "" : $", and its password in '{files.PasswordFile}'"),
                error);
        }
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection Intermediates) ReadPfx(
        TlsFiles files, ReadOnlySpan<byte> bytes, string password)
    {
        X509Certificate2Collection all;
        try
        {
            all = X509CertificateLoader.LoadPkcs12Collection(bytes, password.Length == 0 ? null : password);
        }
        catch (CryptographicException error)
        {
            // Without a password, the library does not tell a wrong one from a file of another kind.
            throw KreweException.InvalidInput(
                $"'{files.Certificate}' cannot be read ({error.Message.TrimEnd('.')}): expected PEM, or PFX "
                    + (files.PasswordFile is { } path ? $"with the password in '{path}'" : "without a password, or with a password file"),
                error);
        }

        var certificate = all.FirstOrDefault(static candidate => candidate.HasPrivateKey) ?? throw KreweException.InvalidInput(
            $"'{files.Certificate}' has no certificate with a private key: expected one");
        all.Remove(certificate);
        return (certificate, all);
    }

    private static string Reason(Exception error) =>
        error is ArgumentException ? "it belongs to another certificate" : error.Message.TrimEnd('.');

    private static KreweException NeedsPassword(string? path) => KreweException.InvalidInput(
        $"the private key in '{path}' is encrypted: expected a file with its password, or a key that is not encrypted");

    private static KreweException Unreadable(string? path, CryptographicException error) => KreweException.InvalidInput(
        $"'{path}' cannot be read as PEM: {error.Message}", error);
}
