using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Session;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

/// <summary>Orleans' serializer as a node has it by default, without fallbacks.</summary>
internal static class Wire
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public static Serializer Serializer { get; } = Services.GetRequiredService<Serializer>();

    public static SerializerSessionPool Sessions { get; } = Services.GetRequiredService<SerializerSessionPool>();

    public static DeepCopier Copier { get; } = Services.GetRequiredService<DeepCopier>();

    public static IDeepCopierProvider Copiers { get; } = Services.GetRequiredService<IDeepCopierProvider>();

    /// <summary>The bytes of a value with its type.</summary>
    public static byte[] ToBytes(object value) => Serializer.SerializeToArray(value);

    /// <summary>A value from its bytes with its type.</summary>
    public static T FromBytes<T>(ReadOnlySpan<byte> bytes) => (T)Serializer.Deserialize<object>(bytes)!;

    /// <summary>The value as another process has it.</summary>
    public static T Travel<T>(T value) => Serializer.Deserialize<T>(Serializer.SerializeToArray(value))!;

    /// <summary>The value as a grain's caller in the same process has it.</summary>
    public static T CopyResult<T>(T value)
    {
        using var context = Services.GetRequiredService<CopyContextPool>().GetContext();
        return Services.GetRequiredService<IDeepCopier<T>>().DeepCopy(value, context)!;
    }
}
