using Krewe.Launch.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Tls;

/// <summary>Registers what follows the files of certificates.</summary>
public static class CertificateServices
{
    /// <summary>Keeps the program's certificate, if it has one, up to date with its files.</summary>
    public static void AddCertificateReload(this IServiceCollection services, ProgramOptions options)
    {
        if (options.Api.Tls is { } source)
        {
            services.AddSingleton<IHostedService>(provider => new CertificateReload(
                source, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<CertificateReload>>()));
        }
    }
}
