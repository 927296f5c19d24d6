using Krewe.Launch.Settings;

namespace Krewe.Launch.Tls;

/// <summary>The settings of TLS for callers and operators.</summary>
public static class TlsSettings
{
    private const string Certificate = "tls-certificate";

    /// <summary>The files; one policy for all HTTP ports.</summary>
    public static readonly IReadOnlyList<ISetting<ProgramOptions>> All =
    [
        Setting<ProgramOptions>.Of(
            Certificate, "FILE",
            "Certificate of the HTTP, gRPC and admin ports, which then speak TLS only: PEM, with the private key in it or in --tls-key, "
                + "or PFX. Read again when a file changes. Default: none, clear text.",
            Notations.Path, static (options, path) => options.Tls.Certificate = path),
        Setting<ProgramOptions>.Of(
            "tls-key", "FILE", "Private key of the certificate, PEM. Default: in the file of the certificate.",
            Notations.Path, static (options, path) => options.Tls.Key = path),
        Setting<ProgramOptions>.Of(
            "tls-password-file", "FILE", "File whose first line is the password of the PFX file or of an encrypted key. Default: none.",
            Notations.Path, static (options, path) => options.Tls.PasswordFile = path),
        Setting<ProgramOptions>.Of(
            "tls-client-ca", "FILE",
            "Authorities, PEM: callers and operators without a certificate of one of them get no connection. Default: none are asked for "
                + "one.",
            Notations.Path, static (options, path) => options.Tls.Authority = path),
    ];

    /// <summary>Rejects files that belong to a certificate where there is none.</summary>
    public static IEnumerable<string> Check(IReadOnlySet<string> named) => named.Contains(Certificate)
        ? []
        : All.Where(setting => named.Contains(setting.Name))
            .Select(static setting => $"{setting.Option} is for --{Certificate}: expected both or neither");
}
