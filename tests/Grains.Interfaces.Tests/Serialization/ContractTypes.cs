using System.Reflection;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

/// <summary>What the grain interfaces are called with and answer.</summary>
internal static class ContractTypes
{
    public static IEnumerable<Type> Interfaces =>
        typeof(IReplicaGrain).Assembly.GetTypes().Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable)));

    /// <summary>Parameters and results as declared; cancellation does not travel as a value.</summary>
    public static IEnumerable<Type> Declared =>
        Interfaces.SelectMany(type => type.GetMethods()).SelectMany(InSignature).Where(type => type != typeof(CancellationToken)).Distinct();

    /// <summary>Types of ours among them, those that collections hold included.</summary>
    public static IEnumerable<Type> Ours => Declared.SelectMany(Parts).Where(type => type.Namespace!.StartsWith("Krewe.", StringComparison.Ordinal)).Distinct();

    private static IEnumerable<Type> InSignature(MethodInfo method) =>
        method.GetParameters().Select(parameter => parameter.ParameterType).Concat(method.ReturnType.GetGenericArguments());

    private static IEnumerable<Type> Parts(Type type) => type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts) : [type];
}
