using System.Net;
using Krewe.Launch.Settings;

namespace Krewe.Silo.Settings;

/// <summary>The settings of the admin port.</summary>
internal static class AdminSettings
{
    private const string Address = "admin-bind";
    private const string File = "admin-password-file";
    private const string Password = "admin-password";

    public static readonly IReadOnlyList<ISetting<SiloOptions>> All =
    [
        Setting<SiloOptions>.Of(
            "admin-port", "PORT",
            "Port for operators: /dashboard, /metrics, /v2/health/live and /v2/health/ready; 0 takes a free one. Default 8081.",
            Notations.Port, static (options, port) => options.AdminPort = port),
        Setting<SiloOptions>.Of(
            Address, "ADDRESS",
            "Address of the admin port; other than loopback needs a password, --auth or --tls-client-ca. Default 127.0.0.1.",
            Notations.Address, static (options, address) => options.AdminBind = address),
        Setting<SiloOptions>.Of(
            File, "FILE",
            "File whose first line is the password for the admin port (user 'admin', HTTP Basic). The environment variable "
                + "KREWE_ADMIN_PASSWORD works too. Default: none.",
            Notations.PasswordFile, static (options, password) => options.AdminPassword = password),
        Setting<SiloOptions>.Of(
            Password, "PASSWORD", "Password for the admin port. Default: none.",
            Notations.Password, static (options, password) => options.AdminPassword = password, SettingKind.Secret),
    ];

    /// <summary>Rejects a non-loopback address without a password, and a password where keys are asked for.</summary>
    public static IEnumerable<string> Check(SiloOptions options, IReadOnlySet<string> named)
    {
        var hasPassword = named.Contains(File) || named.Contains(Password);
        if (hasPassword && options.Access.IsOn)
        {
            yield return $"--{File} is set, and with --auth the admin port takes keys or tokens: expected one of them";
        }

        if (!IPAddress.IsLoopback(options.AdminBind) && !hasPassword && !options.KnowsCallers)
        {
            yield return $"--{Address} is {options.AdminBind}, which others reach, and there is no password: expected --{File}, or a "
                + "loopback address";
        }
    }
}
