using System.Net;
using Krewe.Abstractions.Hosting;
using Krewe.Access.Settings;
using Krewe.Launch.Settings;
using Krewe.Silo.Settings;

namespace Krewe.Programs.Tests.Silo;

public sealed class SiloSettingsTests : IDisposable
{
    private const string Database = "Host=db;Database=krewe;Username=krewe";
    private readonly SettingsReading<SiloOptions> reading = new(SettingTable.All);

    public void Dispose() => reading.Dispose();

    [Fact]
    public void Database_and_models_are_enough()
    {
        var options = reading.Read("--database", Database, "--models", "m")!;
        Assert.Equal((Database, "m", "krewe"), (options.Member.Database, options.Krewe.Models, options.Member.ClusterId));
        Assert.Equal((11111, 30000, 8081), (options.Member.SiloPort, options.Member.ClientPort, options.AdminPort));
        Assert.Equal((IPAddress.Loopback, IPAddress.Loopback, "127.0.0.1"), (options.Bind, options.AdminBind, options.Advertise));
        Assert.Equal((TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(30)), (options.Member.DatabaseWait, options.Krewe.Node.DrainLimit));
        Assert.Null(options.HttpPort);
        Assert.Null(options.GrpcPort);
        Assert.Null(options.Member.DatabasePassword);
        Assert.True(options.Krewe.Serving.Devices.IsDefault);
        Assert.False(options.InitDb);
    }

    [Fact]
    public void Without_a_database_it_is_by_itself_and_has_the_front_door()
    {
        var options = reading.Read("--models", "m")!;
        Assert.True(options.IsAlone);
        Assert.Equal((8000, 8081, 0, "krewe"), (options.HttpPort, options.AdminPort, options.EngineEndpoint.Port, options.Name));
    }

    [Theory]
    [InlineData(8001)]
    [InlineData(null, "--http-port", "9000")]
    [InlineData(7, "--http-port", "9000", "--grpc-port", "7")]
    [InlineData(7, "--grpc-port", "7")]
    [InlineData(null, "--database", Database)]
    [InlineData(7, "--database", Database, "--grpc-port", "7")]
    public void A_port_for_grpc_alone_is_opened_where_it_is_asked_for_or_no_port_is(int? expected, params string[] arguments) =>
        Assert.Equal(expected, reading.Read(["--models", "m", .. arguments])!.GrpcPort);

    [Fact]
    public void Where_decisions_are_kept_is_for_one_process_to_say()
    {
        Assert.Null(reading.Read("--database", Database, "--models", "m", "--state", "s"));
        Assert.Contains("--state is for a process by itself", reading.Error);
    }

    [Fact]
    public void Every_option_arrives()
    {
        var database = reading.Write("database", "one word\nanother\n");
        var admin = reading.Write("admin", "another word");
        var options = reading.Read(
            "--database", Database, "--database-password-file", database, "--database-wait", "5s", "--cluster-id", "c", "--init-db",
            "--silo-name", "s-1", "--silo-port", "0", "--client-port", "0", "--advertise", "silo1.example", "--models", "m",
            "--memory-budget", "1GiB", "--idle-time", "never", "--runners", "2", "--load-threads", "3", "--intra-op-threads", "4",
            "--poll-interval", "1s", "--devices", "cuda,CPU", "--labels", "zone=a, rack=12,empty=", "--drain-time", "3s", "--http-port", "0",
            "--bind", "::1", "--allowed-hosts", "a.example,*.b.example", "--max-body-size", "1MiB", "--publish", "off", "--max-publish-size", "3GiB", "--request-timeout", "9s",
            "--admin-port", "9", "--admin-bind", "0.0.0.0", "--admin-password-file", admin, "--log-format", "json", "--log-level", "error",
            "--route-key-header", "X-User");
        Assert.Empty(reading.Error);
        Assert.Equal("X-User", options!.Api.RouteKeyHeader);
        Assert.Equal(("one word", "another word", true), (options.Member.DatabasePassword, options.AdminPassword, options.InitDb));
        Assert.Equal(
            ("c", "s-1", 0, 0, "silo1.example"),
            (options.Member.ClusterId, options.Name, options.Member.SiloPort, options.Member.ClientPort, options.Advertise));
        Assert.Equal(ExecutionProvider.Cpu, options.Krewe.Serving.Devices[0]);
        Assert.Equal(ExecutionProvider.Cuda, options.Krewe.Serving.Devices[1]);
        Assert.Equal(("a", "12", ""), (options.Krewe.Node.Labels["zone"], options.Krewe.Node.Labels["rack"], options.Krewe.Node.Labels["empty"]));
        Assert.Equal((TimeSpan.FromSeconds(3), 0, 9, IPAddress.Any), (options.Krewe.Node.DrainLimit, options.HttpPort, options.AdminPort, options.AdminBind));
        var serving = options.Krewe.Serving;
        Assert.Equal(
            (1L << 30, Timeout.InfiniteTimeSpan, 2, 3, 4),
            (serving.MemoryBudgetBytes, serving.IdleTime, serving.RunnerThreads, serving.LoadThreads, serving.IntraOpThreads));
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var file = reading.Write("settings.json", """{ "labels": "a=1,a=2", "initDb": "perhaps", "drain-time": 5, "password": "hush" }""");
        reading.Environment["KREWE_SILO_PORT"] = "70000";
        Assert.Null(reading.Read(
            "--config", file, "--devices", "tpu", "--advertise", "0.0.0.0", "--cluster-id", "a b", "--admin-bind", "0.0.0.0",
            "--http-port", "7", "--admin-port", "7", "--admin-password-file", Path.Combine(Path.GetTempPath(), "not", "there")));
        Assert.Equal(2, reading.ExitCode);
        Assert.Contains("--cluster-id is for a member of a cluster, which --database names: expected both or neither", reading.Error);
        Assert.Contains("--advertise is for a member of a cluster", reading.Error);
        Assert.Contains("--models is missing", reading.Error);
        Assert.Contains("labels is 'a=1,a=2': expected a list such as zone=a,rack=12", reading.Error);
        Assert.Contains("init-db is 'perhaps': expected 'true' or 'false'", reading.Error);
        Assert.Contains("drain-time is '5': expected a positive time", reading.Error);
        Assert.Contains("there is no setting 'password'", reading.Error);
        Assert.Contains("KREWE_SILO_PORT is '70000': expected a whole number from 0 to 65535", reading.Error);
        Assert.Contains("--devices is 'tpu': expected auto, or a list of cpu, cuda, tensorrt", reading.Error);
        Assert.Contains("--advertise is '0.0.0.0': expected the one IP address", reading.Error);
        Assert.Contains("--cluster-id is 'a b'", reading.Error);
        Assert.Contains("--admin-password-file is", reading.Error);
        Assert.Contains("--http-port and --admin-port are both 7: expected different ports", reading.Error);
        Assert.DoesNotContain("hush", reading.Error);
    }

    [Fact]
    public void An_address_that_others_reach_needs_a_password_for_operators()
    {
        Assert.Null(reading.Read("--database", Database, "--models", "m", "--admin-bind", "0.0.0.0"));
        Assert.Contains("--admin-bind is 0.0.0.0, which others reach, and there is no password: expected --admin-password-file", reading.Error);
        reading.Environment["KREWE_ADMIN_PASSWORD"] = "hush";
        Assert.Equal("hush", reading.Read("--database", Database, "--models", "m", "--admin-bind", "0.0.0.0")!.AdminPassword);
    }

    [Fact]
    public void What_belongs_to_a_certificate_needs_one()
    {
        var files = reading.Read(
            "--models", "m", "--tls-certificate", "c", "--tls-key", "k", "--tls-password-file", "p", "--tls-client-ca", "a")!.Tls;
        Assert.Equal(("c", "k", "p", "a"), (files.Certificate, files.Key, files.PasswordFile, files.Authority));
        Assert.Null(reading.Read("--models", "m", "--tls-client-ca", "a"));
        Assert.Contains("--tls-client-ca is for --tls-certificate: expected both or neither", reading.Error);
    }

    [Fact]
    public void An_address_that_others_reach_needs_consent_where_there_is_a_port_for_callers()
    {
        Assert.Null(reading.Read("--models", "m", "--bind", "0.0.0.0"));
        Assert.Contains(
            "--bind is 0.0.0.0, which others reach, and callers are not authenticated: expected --auth keys or jwt, --tls-client-ca, --allow-anonymous to serve anyone, or a loopback address",
            reading.Error);
        Assert.Null(reading.Read("--database", Database, "--models", "m", "--bind", "::", "--grpc-port", "0"));
        Assert.True(reading.Read("--models", "m", "--bind", "0.0.0.0", "--allow-anonymous")!.AllowAnonymous);
        Assert.NotNull(reading.Read("--database", Database, "--models", "m", "--bind", "0.0.0.0"));
        Assert.NotNull(reading.Read("--models", "m", "--bind", "127.0.0.9"));
        Assert.NotNull(reading.Read("--models", "m", "--bind", "::", "--admin-bind", "::", "--tls-certificate", "c", "--tls-client-ca", "a"));
        Assert.Null(reading.Read("--models", "m", "--bind", "::", "--tls-certificate", "c"));
        var options = reading.Read("--models", "m", "--bind", "0.0.0.0", "--admin-bind", "0.0.0.0", "--auth", "keys", "--admin-key-file", "f")!;
        Assert.Equal((true, "f"), (options.Access.Keys, options.Access.AdminKeyFile));
    }

    [Fact]
    public void Ways_to_say_who_may_call_do_not_contradict_each_other()
    {
        Assert.Null(reading.Read("--models", "m", "--auth", "keys", "--allow-anonymous", "--admin-password-file", reading.Write("admin", "hush")));
        Assert.Contains("--allow-anonymous and --auth contradict each other", reading.Error);
        Assert.Contains("--admin-password-file is set, and with --auth the admin port takes keys or tokens", reading.Error);
        Assert.Null(reading.Read("--models", "m", "--admin-key-file", "f", "--auth", "none"));
        Assert.Contains("--admin-key-file is for --auth keys", reading.Error);
        Assert.Null(reading.Read("--models", "m", "--auth", "password"));
        Assert.Contains("--auth is 'password': expected 'keys', 'jwt', 'keys,jwt' or 'none'", reading.Error);
    }

    [Fact]
    public void Tokens_have_the_frameworks_names_in_the_file_and_the_environment()
    {
        const string section = "Authentication:Schemes:Bearer";
        var file = reading.Write("settings.json", """
            { "models": "m", "Authentication": { "Schemes": { "Bearer": { "Authority": "https://a", "ValidAudiences": ["x", "y"] } } } }
            """);
        reading.Environment["Authentication__Schemes__Bearer__Authority"] = "https://b";
        var options = reading.Read("--config", file, "--auth", "keys,jwt", "--jwt-claims", "tenant=org,role=realm_access.roles")!.Access;
        Assert.Equal((true, true), (options.Keys, options.Jwt));
        Assert.Equal(new TokenClaims("org", "realm_access.roles"), options.Tokens.Claims);
        Assert.Equal(
            [(section + ":Authority", "https://b"), (section + ":ValidAudiences:0", "x"), (section + ":ValidAudiences:1", "y")],
            options.Tokens.Framework.Select(static pair => (pair.Key, pair.Value!)).Order());
    }

    [Theory]
    [InlineData("Authority", "https://a", "ValidAudience is missing")]
    [InlineData("ValidAudience", "krewe", "have no source: expected one of Authentication:Schemes:Bearer:Authority (or MetadataAddress) and --jwt-keys-file")]
    [InlineData("Authority", "http://a", "Authority is 'http://a': expected https, or RequireHttpsMetadata to be false")]
    [InlineData("Authority", "login", "Authority is 'login': expected an address such as https://login.example.com")]
    [InlineData("RequireHttpsMetadata", "no", "RequireHttpsMetadata is 'no': expected 'true' or 'false'")]
    [InlineData("Audience", "krewe", "there is no setting 'Authentication:Schemes:Bearer:Audience': expected Authentication:Schemes:Bearer: and Authority")]
    [InlineData("SigningKeys__0__Value", "hush", "there is no setting 'Authentication:Schemes:Bearer:SigningKeys:0:Value'")]
    public void A_mistake_about_tokens_is_named(string name, string value, string said)
    {
        reading.Environment["Authentication__Schemes__Bearer__" + name] = value;
        Assert.Null(reading.Read("--models", "m", "--auth", "jwt"));
        Assert.Contains(said, reading.Error);
        Assert.Null(reading.Read("--models", "m"));
        Assert.Contains("--jwt-keys-file, --jwt-claims and Authentication:Schemes:Bearer are for --auth jwt", reading.Error);
    }

    [Fact]
    public void A_file_of_keys_needs_to_know_the_issuer()
    {
        reading.Environment["Authentication__Schemes__Bearer__ValidAudience"] = "krewe";
        Assert.Null(reading.Read("--models", "m", "--auth", "jwt", "--jwt-keys-file", "f", "--jwt-claims", "owner=org"));
        Assert.Contains("Authentication:Schemes:Bearer:ValidIssuer is missing", reading.Error);
        Assert.Contains("--jwt-claims is 'owner=org': expected names such as tenant=org", reading.Error);
        reading.Environment["Authentication__Schemes__Bearer__ValidIssuers__0"] = "https://login.example.com";
        Assert.Equal("f", reading.Read("--models", "m", "--auth", "jwt", "--jwt-keys-file", "f")!.Access.Tokens.KeysFile);
        reading.Environment["Authentication__Schemes__Bearer__Authority"] = "https://login.example.com";
        Assert.Null(reading.Read("--models", "m", "--auth", "jwt", "--jwt-keys-file", "f"));
        Assert.Contains("have two sources", reading.Error);
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        var file = reading.Write("settings.json", """{ "database": "Host=file;Database=d;Username=u", "clusterId": "file", "siloPort": 1, "clientPort": 2 }""");
        reading.Environment["KREWE_CLUSTER_ID"] = "environment";
        reading.Environment["KREWE_SILO_PORT"] = "3";
        reading.Environment["KREWE_DATABASE_PASSWORD"] = "of the environment";
        var options = reading.Read("--config", file, "--models", "m", "--silo-port", "4")!;
        Assert.Equal(("environment", 4, 2), (options.Member.ClusterId, options.Member.SiloPort, options.Member.ClientPort));
        Assert.Equal("of the environment", options.Member.DatabasePassword);
        var passwordFile = reading.Write("password", "of the file");
        Assert.Equal("of the file", reading.Read("--config", file, "--models", "m", "--database-password-file", passwordFile)!.Member.DatabasePassword);
    }

    [Theory]
    [InlineData("Host=db;Database=krewe;Password=hush")]
    [InlineData("Host=db;Password=hush;Username=krewe")]
    [InlineData("postgres://krewe:hush@db/krewe")]
    [InlineData("Host=db;Database=krewe;Username=krewe;Password='hush")]
    public void A_connection_string_that_is_none_is_refused_and_never_repeated(string text)
    {
        Assert.Null(reading.Read("--database", text, "--models", "m"));
        reading.Environment["KREWE_DATABASE"] = text;
        Assert.Null(reading.Read("--models", "m"));
        Assert.Contains("--database cannot be read: expected a connection string", reading.Error);
        Assert.Contains("KREWE_DATABASE cannot be read: expected a connection string", reading.Error);
        Assert.DoesNotContain("hush", reading.Error + reading.Output);
    }

    [Theory]
    [InlineData("Host=db;Database=krewe;Username=krewe;Password=hush")]
    [InlineData("Host=db;Database=krewe;Username=krewe;pwd='hush'")]
    [InlineData("Host=db;Database=krewe;Username=krewe;PSW=hush")]
    [InlineData("Host=db;Database=krewe;Username=krewe;SSL Password=hush")]
    [InlineData("Host=db;Database=krewe;Username=krewe;SslPassword=hush")]
    public void A_password_in_a_connection_string_is_refused_on_the_command_line_only(string text)
    {
        Assert.Null(reading.Read("--database", text, "--models", "m"));
        Assert.Contains("--database has a password", reading.Error);
        Assert.All(
            ["KREWE_DATABASE_PASSWORD", "--database-password-file", "~/.pgpass", "KREWE_DATABASE", "--config"],
            way => Assert.Contains(way, reading.Error));
        Assert.DoesNotContain("hush", reading.Error);
        Assert.NotNull(reading.Read(
            "--config", reading.Write("settings.json", $$"""{ "database": "{{text}}" }"""), "--models", "m"));
        reading.Environment["KREWE_DATABASE"] = text;
        Assert.Equal(text, reading.Read("--models", "m")!.Member.Database);
    }

    [Fact]
    public void A_connection_string_without_quotes_in_a_shell_does_not_show_its_password()
    {
        Assert.Null(reading.Read("--database", "Host=db;", "Password=hush;Username=u"));
        Assert.Contains("Password=***", reading.Error);
        Assert.DoesNotContain("hush", reading.Error);
    }

    [Fact]
    public void A_password_is_no_option_of_the_command_line()
    {
        Assert.Null(reading.Read("--database", Database, "--models", "m", "--database-password", "hush"));
        Assert.Contains("'--database-password'", reading.Error);
        Assert.Null(reading.Read("--help"));
        Assert.DoesNotContain("--database-password <", reading.Output);
    }

    [Fact]
    public void Help_names_every_setting_and_needs_nothing()
    {
        Assert.Null(reading.Read("--help"));
        Assert.Equal(0, reading.ExitCode);
        Assert.All(
            SettingTable.All.Settings.Where(setting => setting.Kind != SettingKind.Secret), setting => Assert.Contains($"{setting.Option} ", reading.Output));
        Assert.Empty(reading.Error);
    }

    [Fact]
    public void Tables_can_be_made_without_models() => Assert.True(reading.Read("--database", Database, "--init-db")!.InitDb);
}
