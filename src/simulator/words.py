"""What people, kitchens and dishes are called in São Paulo: made up, and plausible."""

from collections.abc import Sequence
from typing import Final

import msgspec

from simulator.days import ItemPlan


class Cuisine(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of kitchen: what such places are called, what they sell, and how long a dish takes there."""

    names: Sequence[str]
    dishes: Sequence[tuple[str, int]]  # name and price in centavos
    cooks_min: float  # the middle one

    def menu(self) -> tuple[ItemPlan, ...]:
        """Return the menu of such a kitchen."""
        return tuple(
            ItemPlan(ref=f"p{number}", name=name, price_minor=price)
            for number, (name, price) in enumerate((*self.dishes, *DRINKS), start=1)
        )


DRINKS: Final = (("Guaraná lata", 700), ("Suco de laranja", 1_200), ("Água com gás", 500))

# fmt: off
CUISINES: Final = (
    Cuisine(
        names=("Pizzaria Bela Vista", "Pizzaria do Bixiga", "Forno da Treze", "Pizzaria Consolação", "Margherita Sé"),
        dishes=(("Pizza de calabresa", 5_490), ("Pizza de muçarela", 4_990), ("Pizza portuguesa", 5_990),
                ("Esfiha de carne", 890)),
        cooks_min=18,
    ),
    Cuisine(
        names=("Lanchonete do Beto", "Burger da Augusta", "Chapa Quente", "Hamburgueria República", "X do Arouche"),
        dishes=(("X-salada", 2_890), ("X-bacon", 3_290), ("Batata frita", 1_690), ("Milk-shake", 1_990)),
        cooks_min=12,
    ),
    Cuisine(
        names=("Cantina da Nonna", "Cantina Roperto Filhos", "Massas Dona Lúcia", "Trattoria do Largo"),
        dishes=(("Lasanha à bolonhesa", 4_290), ("Nhoque ao sugo", 3_890), ("Espaguete ao alho", 3_490),
                ("Tiramisù", 1_990)),
        cooks_min=20,
    ),
    Cuisine(
        names=("Temaki Liberdade", "Sushi da Galvão Bueno", "Lámen Glória", "Yakissoba do Paço", "Bentô Aclimação"),
        dishes=(("Temaki de salmão", 3_290), ("Combinado de 20 peças", 7_990), ("Lámen shoyu", 4_190),
                ("Yakissoba", 3_690)),
        cooks_min=16,
    ),
    Cuisine(
        names=("Sabor da Bahia", "Acarajé da Santa Ifigênia", "Moqueca & Cia", "Panela Mineira", "Comida da Dona Zefa"),
        dishes=(("Moqueca de peixe", 5_200), ("Feijoada completa", 4_590), ("Virado à paulista", 3_790),
                ("Acarajé", 1_890)),
        cooks_min=19,
    ),
    Cuisine(
        names=("Esfiha Síria", "Kebab da Vinte e Cinco", "Empório Damasco", "Casa Beirute"),
        dishes=(("Beirute", 3_990), ("Kafta no prato", 3_890), ("Quibe frito", 890), ("Homus com pão", 2_190)),
        cooks_min=11,
    ),
    Cuisine(
        names=("Frango da Praça", "Galeto São Bento", "Assados do Brás", "Brasa Vila Buarque"),
        dishes=(("Galeto com fritas", 4_490), ("Meio frango assado", 3_290), ("Costela na brasa", 5_790),
                ("Farofa", 990)),
        cooks_min=15,
    ),
    Cuisine(
        names=("Açaí do Anhangabaú", "Tapioca da Luz", "Salada & Suco", "Verde Higienópolis", "Poke Paulista"),
        dishes=(("Açaí 500 ml", 2_390), ("Tapioca de queijo", 1_790), ("Salada com frango", 3_190),
                ("Poke de atum", 4_490)),
        cooks_min=7,
    ),
)
FIRST_NAMES: Final = (
    "Ana", "Beto", "Carla", "Davi", "Elaine", "Fábio", "Gisele", "Heitor", "Iara", "João", "Kátia", "Leandro", "Marina",
    "Nilson", "Otávio", "Paula", "Rafael", "Sônia", "Tiago", "Vânia", "Wesley", "Yasmin", "Zeca", "Bruna", "Caio",
    "Débora", "Edson", "Flávia", "Gustavo", "Helena", "Igor", "Jéssica", "Lucas", "Mariana", "Natália", "Pedro",
)
SURNAMES: Final = (
    "Almeida", "Barbosa", "Cardoso", "Dias", "Esteves", "Ferreira", "Gomes", "Honda", "Lima", "Machado", "Nogueira",
    "Oliveira", "Pereira", "Queiroz", "Ramos", "Santos", "Tanaka", "Vieira", "Xavier", "Souza", "Nascimento", "Araújo",
)
NOTES: Final = (
    "", "", "", "Apto 12", "Apto 84, torre B", "Interfone 31", "Casa dos fundos", "Deixar com o porteiro, por favor",
    "Portão azul", "Apto 161", "Sala 503",
)
# fmt: on
